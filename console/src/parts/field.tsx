/** What a person fills in: a label, the control, a hint, and the API's own sentence where it is wrong. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { t } from "../strings";

interface Labelled {
  label: string;
  hint?: ComponentChildren;
  /** The API's sentence. */
  error?: string | undefined;
  optional?: boolean;
}

/** To spread over the control. */
export interface ControlProps {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

export function Field({
  label,
  hint,
  error,
  optional,
  children,
}: Labelled & { children: (control: ControlProps) => JSX.Element }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>
        {label} {optional && <span class="muted small">({t("parts.optional")})</span>}
      </label>
      {children({ id, "aria-describedby": `${id}-hint ${id}-error`, "aria-invalid": Boolean(error) })}
      <div id={`${id}-hint`} class="hint" hidden={!hint}>
        {hint}
      </div>
      <div id={`${id}-error`} class="error" hidden={!error}>
        {error}
      </div>
    </div>
  );
}

interface Valued extends Labelled {
  value: string;
  onValue: (value: string) => void;
  disabled?: boolean;
  required?: boolean;
  autofocus?: boolean;
}

interface TextFieldProps extends Valued {
  type?: "text" | "password" | "search" | "number" | "url" | "date" | "datetime-local" | "time";
  placeholder?: string;
  autocomplete?: "off" | "new-password";
  readOnly?: boolean;
  min?: number | string;
  max?: number | string;
  step?: number | "any";
  name?: string;
  onBlur?: () => void;
}

export function TextField({ label, hint, error, optional, onValue, type, ...rest }: TextFieldProps) {
  const kind = (type ?? "text") as "text"; // Preact tells every type's attributes apart; all of ours have those of "text"
  return (
    <Field {...{ label, hint, error, optional: optional ?? false }}>
      {(control) => (
        <input
          type={kind}
          spellcheck={false}
          autocomplete="off"
          {...rest}
          {...control}
          class="input"
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  optional,
  onValue,
  ...rest
}: Valued & { rows?: number; placeholder?: string; readOnly?: boolean }) {
  return (
    <Field {...{ label, hint, error, optional: optional ?? false }}>
      {(control) => (
        <textarea {...rest} {...control} class="input" onInput={(event) => onValue(event.currentTarget.value)} />
      )}
    </Field>
  );
}

export interface Choice {
  value: string;
  label: string;
  disabled?: boolean;
}

export function Select({
  label,
  hint,
  error,
  optional,
  onValue,
  choices,
  ...rest
}: Valued & { choices: readonly Choice[]; name?: string }) {
  return (
    <Field {...{ label, hint, error, optional: optional ?? false }}>
      {(control) => (
        <select {...rest} {...control} class="input" onChange={(event) => onValue(event.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} disabled={choice.disabled ?? false}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Checkbox({
  label,
  hint,
  checked,
  onChecked,
  disabled = false,
  name,
}: {
  label: ComponentChildren;
  hint?: ComponentChildren;
  checked: boolean;
  onChecked: (checked: boolean) => void;
  disabled?: boolean;
  name?: string;
}) {
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        type="checkbox"
        aria-describedby={`${id}-hint`}
        {...{ checked, disabled, name }}
        onChange={(event) => onChecked(event.currentTarget.checked)}
      />
      <div class="field">
        <label for={id}>{label}</label>
        <div id={`${id}-hint`} class="hint" hidden={!hint}>
          {hint}
        </div>
      </div>
    </div>
  );
}
