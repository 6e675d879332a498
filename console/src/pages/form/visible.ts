/** Which errors are shown: of inputs that somebody has used, and after a try to save all of them. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Errors } from "./errors";

export function useVisibleErrors(errors: Errors) {
  const form = useRef<HTMLFormElement>(null);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const toFocus = useRef(false);
  useEffect(() => {
    if (!toFocus.current) return;
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"], .form-group-error');
    if (!first) return;
    toFocus.current = false;
    first.scrollIntoView({ block: "center" });
    first.focus();
  });
  const touch = (event: Event) => {
    const name = event.target instanceof HTMLElement ? (event.target.getAttribute("name") ?? "") : "";
    if (name && !touched.has(name)) setTouched(new Set([...touched, name]));
  };
  const touchText = (event: Event) => {
    // of all else "change" tells; a rendering before it would put a checkbox back
    if (event.target instanceof HTMLInputElement && !/^(checkbox|radio)$/.test(event.target.type)) touch(event);
  };
  const isVisible = (path: string) => all || [...touched].some((name) => name.startsWith(path));
  const error = (path: string) => (isVisible(path) ? errors.get(path)?.join(" ") : undefined);
  const isWrongBelow = (path: string) => [...errors.keys()].some((each) => each.startsWith(path) && isVisible(each));
  const showAll = () => {
    toFocus.current = true;
    setAll(true);
  };
  return {
    error,
    isWrongBelow,
    showAll,
    formProps: { ref: form, onInput: touchText, onFocusOut: touch, onChange: touch },
  };
}
