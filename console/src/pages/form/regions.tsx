/** Where it runs, how many replicas, and when they sleep. */
import { Button, IconButton } from "../../parts/button";
import { Checkbox, Select, TextField } from "../../parts/field";
import type { Schemas } from "../../rest/client";
import { t } from "../../strings";
import { useForm } from "./context";
import { buildRegion, type RegionDraft } from "./draft";
import { regionPath } from "./errors";
import { findRoom } from "./material";
import { Fold, GroupError, Section } from "./section";
import { TriggerFields } from "./trigger-fields";
import { listOn } from "./triggers";

export function RegionsSection() {
  const { draft, material, set } = useForm();
  const free = material.regions.filter((each) => !draft.regions.some(({ regionId }) => regionId === String(each.id)));
  const [next] = free;
  const add = () => next && set({ regions: [...draft.regions, buildRegion(String(next.id))] });
  return (
    <Section title={t("scaling.section")} lead={t("scaling.lead")}>
      <GroupError path="autoScalingConfigurations" />
      {draft.regions.map((region, place) => (
        <RegionFields key={place} {...{ region, place }} />
      ))}
      {next && (
        <div>
          <Button icon="plus" onClick={add}>
            {t("scaling.addRegion")}
          </Button>
        </div>
      )}
      <SleepFields />
    </Section>
  );
}

function RegionFields({ region, place }: { region: RegionDraft; place: number }) {
  const { draft, material, set, setRegion, error } = useForm();
  const path = regionPath(place);
  const known = material.regions.find((each) => String(each.id) === region.regionId);
  const taken = new Set(draft.regions.filter((each) => each !== region).map((each) => each.regionId));
  const choices = material.regions.map((each) => ({
    value: String(each.id),
    label: each.countryCode ? `${each.name} (${each.countryCode})` : each.name,
    disabled: taken.has(String(each.id)),
  }));
  const gone = { value: region.regionId, label: t("scaling.noRegion") };
  return (
    <div class="form-region stack" role="group" aria-label={known?.name ?? t("scaling.region")}>
      <GroupError path={path} />
      <div class="form-region-row">
        <Select
          label={t("scaling.region")}
          name={`${path}.regionId`}
          value={region.regionId}
          choices={known ? choices : [gone, ...choices]}
          error={error(`${path}.regionId`)}
          onValue={(regionId) => setRegion(place, { regionId })}
        />
        <ScaleField {...{ place, field: "min" }} />
        <ScaleField {...{ place, field: "max" }} />
        {draft.regions.length > 1 && (
          <IconButton
            icon="trash"
            label={t("scaling.removeRegion", { region: known?.name ?? "" })}
            onClick={() => set({ regions: draft.regions.filter((_, each) => each !== place) })}
          />
        )}
      </div>
      {known && <RoomNote {...{ region, known }} />}
      <TriggerFold {...{ region, place }} />
    </div>
  );
}

const SCALE_LABELS = {
  min: "scaling.min",
  max: "scaling.max",
  cooldownPeriod: "scaling.cooldown",
  pollingInterval: "scaling.polling",
} as const;

function ScaleField({ place, field, hint }: { place: number; field: keyof typeof SCALE_LABELS; hint?: string }) {
  const { draft, setRegion, error } = useForm();
  const name = `${regionPath(place)}.scale.${field}`;
  return (
    <TextField
      type="number"
      label={t(SCALE_LABELS[field])}
      name={name}
      value={draft.regions[place]?.[field] ?? ""}
      hint={hint}
      error={error(name)}
      onValue={(value) => setRegion(place, { [field]: value })}
    />
  );
}

/** Whether what is asked for would fit now; replicas that run already have their room. */
function RoomNote({ region, known }: { region: RegionDraft; known: Schemas["Region"] }) {
  const { hardwareId, instance } = useForm();
  const room = findRoom(known, hardwareId);
  if (!hardwareId || room === null) return null;
  const running = instance?.containers.find((each) => each.regionId === known.id)?.deployStatus.total ?? 0;
  const possible = room + (instance?.hardwareId === hardwareId ? running : 0);
  const lacks = (bound: string) => Number(bound) > possible;
  const text = lacks(region.min) ? "scaling.minLacks" : lacks(region.max) ? "scaling.maxLacks" : "scaling.fits";
  return (
    <p class={`small ${lacks(region.min) ? "form-lacks" : "muted"}`}>
      {t(text, { count: possible, region: known.name })}
    </p>
  );
}

function TriggerFold({ region, place }: { region: RegionDraft; place: number }) {
  const { isWrongBelow } = useForm();
  const path = `${regionPath(place)}.scale`;
  const folded = ["triggers", "cooldownPeriod", "pollingInterval"];
  const on = listOn(region.triggers).map((kind) => t(`scaling.${kind}`));
  return (
    <Fold
      level={3}
      title={t("scaling.title")}
      summary={on.length > 0 ? on.join(", ") : t("scaling.none")}
      wrong={folded.some((each) => isWrongBelow(`${path}.${each}`))}
    >
      <GroupError path={`${path}.triggers`} />
      <TriggerFields {...{ region, place }} />
      <div class="form-pair">
        <ScaleField {...{ place, field: "cooldownPeriod" }} hint={t("scaling.cooldownHint")} />
        <ScaleField {...{ place, field: "pollingInterval" }} hint={t("scaling.pollingHint")} />
      </div>
    </Fold>
  );
}

function SleepFields() {
  const { draft, set, error } = useForm();
  return (
    <div class="form-pair">
      <TextField
        type="number"
        label={t("scaling.podLifetime")}
        name="podLifetime"
        value={draft.podLifetime}
        disabled={draft.neverSleeps}
        hint={t("scaling.podLifetimeHint")}
        error={error("podLifetime")}
        onValue={(podLifetime) => set({ podLifetime })}
      />
      <Checkbox
        label={t("scaling.neverSleeps")}
        hint={t("scaling.neverSleepsHint")}
        checked={draft.neverSleeps}
        onChecked={(neverSleeps) => set({ neverSleeps })}
      />
    </div>
  );
}
