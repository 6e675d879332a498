/** What moves the replicas of a region: every trigger that REST knows, and schedules. */
import { Button, IconButton } from "../../parts/button";
import { Checkbox, TextField } from "../../parts/field";
import { t, type StringKey } from "../../strings";
import { useForm } from "./context";
import type { RegionDraft } from "./draft";
import { regionPath } from "./errors";
import {
  SIMPLE_TRIGGERS,
  suggestSchedule,
  toggleTrigger,
  type Schedule,
  type SimpleTrigger,
  type Triggers,
} from "./triggers";

const FIELD_LABELS: Record<string, StringKey> = {
  target: "scaling.target",
  rate: "scaling.rate",
  window: "scaling.window",
  waiting: "scaling.waiting",
  perSecond: "scaling.perSecond",
  threshold: "scaling.threshold",
};

interface Part {
  region: RegionDraft;
  place: number;
}

export function TriggerFields({ region, place }: Part) {
  const { setRegion } = useForm();
  const change = (triggers: Triggers) => setRegion(place, { triggers });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { schedules } = region.triggers;
  return (
    <>
      {SIMPLE_TRIGGERS.map((kind) => (
        <TriggerField key={kind} {...{ region, place, kind, change }} />
      ))}
      {schedules.map((schedule, number) => (
        <ScheduleFields key={number} {...{ schedule, place, number }} triggers={region.triggers} change={change} />
      ))}
      <div>
        <Button
          icon="plus"
          onClick={() => change({ ...region.triggers, schedules: [...schedules, suggestSchedule(zone)] })}
        >
          {t("scaling.addSchedule")}
        </Button>
      </div>
    </>
  );
}

function TriggerField({
  region: { triggers },
  place,
  kind,
  change,
}: Part & { kind: SimpleTrigger; change: (triggers: Triggers) => void }) {
  const { error } = useForm();
  const path = `${regionPath(place)}.scale.triggers.${kind}`;
  const fields = triggers.simple[kind];
  const setField = (field: string, value: string) =>
    change({ ...triggers, simple: { ...triggers.simple, [kind]: { ...fields, [field]: value } } });
  return (
    <div class="form-trigger">
      <Checkbox
        label={t(`scaling.${kind}`)}
        hint={t(`scaling.${kind}Hint`)}
        name={path}
        checked={Boolean(fields)}
        onChecked={(on) => change(toggleTrigger(triggers, kind, on))}
      />
      {fields && (
        <div class="form-trigger-values">
          {Object.entries(fields).map(([field, value]) => (
            <TextField
              key={field}
              type="number"
              label={t(FIELD_LABELS[field] ?? "scaling.threshold")}
              name={`${path}.${field}`}
              value={value}
              error={error(`${path}.${field}`) ?? error(path)}
              onValue={(typed) => setField(field, typed)}
            />
          ))}
        </div>
      )}
    </div>
  );
}

interface ScheduleProps {
  schedule: Schedule;
  number: number;
  place: number;
  triggers: Triggers;
  change: (triggers: Triggers) => void;
}

const SCHEDULE_FIELDS = [
  ["start", "scaling.start"],
  ["end", "scaling.end"],
  ["timezone", "scaling.timezone"],
  ["min", "scaling.min"],
] as const;

function ScheduleFields({ schedule, number, place, triggers, change }: ScheduleProps) {
  const { error } = useForm();
  const path = `${regionPath(place)}.scale.triggers.schedules[${number}]`;
  const replace = (changes: Partial<Schedule>[]) => {
    const before = triggers.schedules.slice(0, number);
    const mine = changes.map((each) => ({ ...schedule, ...each }));
    change({ ...triggers, schedules: [...before, ...mine, ...triggers.schedules.slice(number + 1)] });
  };
  const name = `${t("scaling.schedules")} ${number + 1}`;
  return (
    <div class="form-schedule" role="group" aria-label={name}>
      {SCHEDULE_FIELDS.map(([field, label]) => (
        <TextField
          key={field}
          type={field === "min" ? "number" : "text"}
          label={t(label)}
          name={`${path}.${field}`}
          value={schedule[field]}
          error={error(`${path}.${field}`)}
          onValue={(value) => replace([{ [field]: value }])}
        />
      ))}
      <IconButton icon="trash" label={t("scaling.removeSchedule", { name })} onClick={() => replace([])} />
    </div>
  );
}
