/** A form in a dialog: Enter sends it, and what the API refuses is said in it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
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
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void onSubmit();
        }}
      >
        {children}
        <button type="submit" hidden />
      </form>
      {problem && <ProblemNote {...{ problem, shown }} />}
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
