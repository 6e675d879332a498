/** What a key's form asks for, with the API's sentences beside what they are about. */
import { Checkbox, Select, TextField } from "../../parts/field";
import type { Problem } from "../../rest/client";
import { identity } from "../../session";
import { t } from "../../strings";
import { FIELDS, type Draft } from "./draft";

interface FieldsProps {
  draft: Draft;
  onDraft: (draft: Draft) => void;
  problem: Problem | null;
  /** A key that there is keeps its name. */
  fixedName?: boolean;
}

/** The API's sentence of one field of the form. */
function find(problem: Problem | null, field: keyof Draft): string | undefined {
  return problem?.errors.find((error) => FIELDS[error.field] === field)?.message;
}

export function Fields({ draft, onDraft, problem, fixedName = false }: FieldsProps) {
  const text = (field: "name" | "description" | "expiresAt" | "requestsPerMinute" | "tokensPerMinute" | "amount") => ({
    value: draft[field],
    onValue: (value: string) => onDraft({ ...draft, [field]: value }),
    error: find(problem, field),
  });
  return (
    <>
      {!fixedName && <TextField label={t("keys.name")} {...text("name")} autofocus required />}
      <TextField label={t("keys.description")} {...text("description")} optional />
      <Scopes {...{ draft, onDraft, problem }} />
      <div class="keys-pair">
        <TextField
          label={t("keys.requestsPerMinute")}
          type="number"
          {...text("requestsPerMinute")}
          placeholder={t("keys.unlimited")}
        />
        <TextField
          label={t("keys.tokensPerMinute")}
          type="number"
          {...text("tokensPerMinute")}
          placeholder={t("keys.unlimited")}
        />
        <TextField
          label={t("keys.budgetIn", { currency: identity.value?.currencyCode ?? "" })}
          type="number"
          step="any"
          {...text("amount")}
          placeholder={t("keys.unlimited")}
        />
        <Select
          label={t("keys.period")}
          value={draft.period}
          onValue={(period) => onDraft({ ...draft, period: period === "day" ? "day" : "month" })}
          choices={[
            { value: "month", label: t("keys.month") },
            { value: "day", label: t("keys.day") },
          ]}
        />
        <TextField
          label={t("keys.expires")}
          type="datetime-local"
          {...text("expiresAt")}
          hint={t("keys.expiresHint")}
          optional
        />
        <Overlap
          value={draft.rotationOverlap}
          onValue={(rotationOverlap) => onDraft({ ...draft, rotationOverlap })}
          error={find(problem, "rotationOverlap")}
        />
      </div>
      <Checkbox
        label={t("keys.disable")}
        hint={t("keys.disableHint")}
        checked={draft.disabled}
        onChecked={(disabled) => onDraft({ ...draft, disabled })}
      />
    </>
  );
}

function Scopes({ draft, onDraft, problem }: Omit<FieldsProps, "fixedName">) {
  const error = find(problem, "manage");
  return (
    <fieldset class="stack keys-scopes">
      <legend class="field-label">{t("keys.scopes")}</legend>
      <Checkbox
        label="inference"
        hint={t("keys.inferenceHint")}
        checked={draft.inference}
        onChecked={(inference) => onDraft({ ...draft, inference })}
      />
      <Checkbox
        label="manage"
        hint={t("keys.manageHint")}
        checked={draft.manage}
        onChecked={(manage) => onDraft({ ...draft, manage })}
      />
      {error && <p class="keys-scope-error">{error}</p>}
    </fieldset>
  );
}

const OVERLAPS = ["0", "300", "3600", "86400", "604800"] as const;

/** For how long a replaced key goes on to open. */
export function Overlap({
  value,
  onValue,
  error,
}: {
  value: string;
  onValue: (seconds: string) => void;
  error?: string | undefined;
}) {
  const labels: Record<(typeof OVERLAPS)[number], string> = {
    0: t("keys.overlapNone"),
    300: t("keys.overlapMinutes", { count: 5 }),
    3600: t("keys.overlapHour"),
    86400: t("keys.overlapDay"),
    604800: t("keys.overlapDays", { count: 7 }),
  };
  const choices: { value: string; label: string }[] = OVERLAPS.map((each) => ({ value: each, label: labels[each] }));
  if (!choices.some((choice) => choice.value === value)) {
    choices.push({ value, label: t("keys.overlapSeconds", { seconds: Number(value) }) });
  }
  return (
    <Select label={t("keys.overlap")} hint={t("keys.overlapHint")} error={error} {...{ value, onValue, choices }} />
  );
}
