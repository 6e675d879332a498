/** A form in a dialog: Enter sends it, and what the API refuses is said beside the field, which gets the focus. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../rest/client";
import type { Problem } from "../rest/problem";
import { t } from "../strings";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { ProblemNote } from "./problem";

interface FormDialogProps {
  title: string;
  /** What the button says. */
  action: string;
  busy: boolean;
  problem: Problem | null;
  /** The API's fields whose sentences stand beside them. */
  shown: readonly string[];
  onSubmit: () => Promise<void>;
  onClose: () => void;
  children: ComponentChildren;
}

export function FormDialog({ title, action, busy, problem, shown, onSubmit, onClose, children }: FormDialogProps) {
  const form = useRef<HTMLFormElement>(null);
  const beside =
    problem !== null && problem.errors.length > 0 && problem.errors.every(({ field }) => shown.includes(field));
  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [problem]);
  const footer = (
    <>
      <Button onClick={onClose}>{t("parts.cancel")}</Button>
      <Button variant="primary" busy={busy} onClick={onSubmit}>
        {action}
      </Button>
    </>
  );
  return (
    <Dialog {...{ title, onClose, footer }}>
      <form
        ref={form}
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void onSubmit();
        }}
      >
        {children}
        <button type="submit" hidden />
      </form>
      {problem && !beside && <ProblemNote {...{ problem, shown }} />}
    </Dialog>
  );
}

/** One change at a time: whether it is under way, why it was refused, and its answer (null: refused). */
export function useAction() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async <T,>(ask: () => Promise<Answer<T>>) => {
    setBusy(true);
    const answer = await ask();
    setBusy(false);
    setProblem(answer.ok ? null : answer.problem);
    return answer.ok ? answer : null;
  };
  return { busy, problem, run };
}
