/** The one time that a key is shown: the dialog stays until somebody has the key, or says so. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { copyText } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Checkbox, TextField } from "../../parts/field";
import { Note } from "../../parts/problem";
import { toast } from "../../parts/toast";
import { t } from "../../strings";

interface SecretProps {
  name: string;
  secret: string;
  /** What else is to be known, such as until when the old key opens. */
  note?: string;
  onClose: () => void;
}

export function Secret({ name, secret, note, onClose }: SecretProps) {
  const [kept, setKept] = useState(false);
  const [reminded, setReminded] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  useLeaveWarning(!kept);
  useEffect(() => host.current?.querySelector("input")?.select(), []);
  const copy = async () => {
    const done = await copyText(secret);
    toast(done ? t("parts.copied") : t("parts.notCopied"), done ? "" : "bad");
    if (done) setKept(true);
  };
  const close = () => (kept ? onClose() : setReminded(true));
  return (
    <Dialog
      title={t("keys.secretTitle", { name })}
      onClose={close}
      footer={
        <Button variant="primary" disabled={!kept} onClick={onClose}>
          {t("keys.done")}
        </Button>
      }
    >
      <Note tone="warn">{t("keys.secretOnce")}</Note>
      <div ref={host} class="keys-secret">
        <TextField label={t("keys.secret")} value={secret} onValue={() => undefined} readOnly />
        <Button icon="copy" onClick={copy}>
          {t("parts.copy")}
        </Button>
      </div>
      {note && <p>{note}</p>}
      <Checkbox label={t("keys.kept")} checked={kept} onChecked={setKept} />
      <p role="status" class="keys-scope-error">
        {reminded && !kept ? t("keys.remind") : ""}
      </p>
    </Dialog>
  );
}

/** The browser asks before the page goes. */
function useLeaveWarning(active: boolean): void {
  useEffect(() => {
    if (!active) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [active]);
}
