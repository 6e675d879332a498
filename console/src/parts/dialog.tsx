/** The browser's own dialog: it traps the focus, closes on Escape, and gives the focus back. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Problem } from "../rest/problem";
import { t } from "../strings";
import { Button, IconButton } from "./button";
import { TextField } from "./field";
import { ProblemNote } from "./problem";

interface DialogProps {
  title: string;
  /** Escape and the cross ask for it; who does not want it leaves the dialog open. */
  onClose: () => void;
  children: ComponentChildren;
  footer?: ComponentChildren;
}

/** Shown as long as it is rendered: `{open && <Dialog .../>}`. */
export function Dialog({ title, onClose, children, footer }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={t("parts.close")} onClick={onClose} />
      </header>
      <div class="body">{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** What will happen. */
  children: ComponentChildren;
  /** What the button says: "Delete". */
  action: string;
  /** To be typed before the button works. */
  name?: string;
  /** Does it; a problem is shown and the dialog stays. */
  onConfirm: () => Promise<Problem | null>;
  onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, children, action, name, onConfirm, onClose }: ConfirmProps) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const confirm = async () => {
    setBusy(true);
    const refusal = await onConfirm();
    setBusy(false);
    setProblem(refusal);
    if (!refusal) onClose();
  };
  const ready = name === undefined || typed === name;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button variant="danger" busy={busy} disabled={!ready} onClick={confirm}>
            {action}
          </Button>
        </>
      }
    >
      {children}
      {name !== undefined && (
        <TextField label={t("parts.confirmName", { name })} value={typed} onValue={setTyped} autofocus />
      )}
      {problem && <ProblemNote problem={problem} />}
    </Dialog>
  );
}
