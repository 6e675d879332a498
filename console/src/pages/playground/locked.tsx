/** What to do where the session's key may not call an instance: give it another key, or open the instance to this one. */
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Empty } from "../../parts/empty";
import { TextField } from "../../parts/field";
import { ProblemNote } from "../../parts/problem";
import { toast } from "../../parts/toast";
import type { Problem } from "../../rest/client";
import { identity } from "../../session";
import { t } from "../../strings";
import { askWithKey, openToOwnKey, type Locked } from "./targets";

export function LockedNote({ instance, onOpened }: { instance: Locked; onOpened: () => void }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { name: key = "", scopes = [] } = identity.value ?? {};
  const mayCall = scopes.includes("inference");
  const open = async () => {
    setBusy(true);
    const refusal = await openToOwnKey(instance._id);
    setBusy(false);
    setProblem(refusal);
    if (refusal) return;
    toast(t("playground.opened", { name: instance.name, key }));
    onOpened();
  };
  const action = (
    <div class="row">
      {mayCall && (
        <Button variant="primary" busy={busy} onClick={open}>
          {t("playground.open", { key })}
        </Button>
      )}
      <Button icon="keys" onClick={() => setAsking(true)}>
        {t("playground.otherKey")}
      </Button>
    </div>
  );
  return (
    <>
      {problem && <ProblemNote problem={problem} />}
      <Empty icon="lock" title={t("playground.locked", { key, name: instance.name })} action={action}>
        {t(mayCall ? "playground.lockedLead" : "playground.lockedScope", { key })}
      </Empty>
      {asking && <OtherKey onClose={() => setAsking(false)} />}
    </>
  );
}

/** Asks for a key that is used in the playground of this tab alone. */
export function OtherKey({ onClose }: { onClose: () => void }) {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const take = async () => {
    setBusy(true);
    const refusal = await askWithKey(key.trim());
    setBusy(false);
    setProblem(refusal);
    if (!refusal) onClose();
  };
  return (
    <Dialog title={t("playground.otherKey")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void take();
        }}
      >
        <p class="muted">{t("playground.otherKeyLead")}</p>
        <TextField label={t("playground.key")} type="password" value={key} onValue={setKey} required autofocus />
        {problem && <ProblemNote problem={problem} />}
        <div>
          <Button type="submit" variant="primary" busy={busy} disabled={!key.trim()}>
            {t("playground.useKey")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
