/** One of several, each with what tells them apart; a search where there are many. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../../strings";

export interface ChoiceRow {
  value: string;
  title: string;
  detail: ComponentChildren;
  aside: ComponentChildren;
}

const MANY = 8;

interface ChoicesProps {
  label: string;
  name: string;
  value: string;
  rows: readonly ChoiceRow[];
  error: string | undefined;
  onValue: (value: string) => void;
}

export function Choices({ label, name, value, rows, error, onValue }: ChoicesProps) {
  const id = useId();
  const [search, setSearch] = useState("");
  const words = search.toLowerCase();
  const shown = rows.filter((row) => row.value === value || `${row.title} ${row.value}`.toLowerCase().includes(words));
  return (
    <fieldset class="field" aria-describedby={`${id}-error`}>
      <legend class="hidden-text">{label}</legend>
      {rows.length > MANY && (
        <input
          class="input"
          type="search"
          aria-label={t("form.search", { what: label })}
          placeholder={t("form.search", { what: label })}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <div class="form-offers">
        {shown.map((row) => (
          <ChoiceOption key={row.value} {...{ row, name, value, onValue }} invalid={Boolean(error)} />
        ))}
      </div>
      <div id={`${id}-error`} class="error" hidden={!error}>
        {error}
      </div>
    </fieldset>
  );
}

interface OptionProps extends Pick<ChoicesProps, "name" | "value" | "onValue"> {
  row: ChoiceRow;
  invalid: boolean;
}

function ChoiceOption({ row, name, value, onValue, invalid }: OptionProps) {
  return (
    <label class="form-offer">
      <input
        type="radio"
        name={name}
        value={row.value}
        checked={row.value === value}
        aria-invalid={invalid}
        onChange={() => onValue(row.value)}
      />
      <span class="form-offer-text">
        <span class="form-offer-title">{row.title}</span>
        <span class="muted small">{row.detail}</span>
      </span>
      <span class="form-offer-aside">{row.aside}</span>
    </label>
  );
}
