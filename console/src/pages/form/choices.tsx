/** One of several, each with what tells them apart; a search where there are many. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../../strings";
import { useForm } from "./context";

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
  const { readOnly } = useForm();
  const [search, setSearch] = useState("");
  const words = search.toLowerCase();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => showChosen(list.current), [value]);
  const isWanted = (row: ChoiceRow) => !readOnly && `${row.title} ${row.value}`.toLowerCase().includes(words);
  const shown = rows.filter((row) => row.value === value || isWanted(row));
  return (
    <fieldset class="field" aria-describedby={`${id}-error`}>
      <legend class="hidden-text">{label}</legend>
      {rows.length > MANY && !readOnly && (
        <input
          class="input"
          type="search"
          aria-label={t("form.search", { what: label })}
          placeholder={t("form.search", { what: label })}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <div class="form-offers" ref={list}>
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

/** Scrolls the list, not the page. */
function showChosen(list: HTMLElement | null): void {
  const chosen = list?.querySelector<HTMLElement>("label:has(:checked)");
  if (!list || !chosen) return;
  const { offsetTop: top, offsetHeight: height } = chosen;
  const isSeen = top >= list.scrollTop && top + height <= list.scrollTop + list.clientHeight;
  if (!isSeen) list.scrollTop = top - (list.clientHeight - height) / 2;
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
