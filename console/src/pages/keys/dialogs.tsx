/** Creating, changing, rotating and deleting a key. */
import { useEffect, useState } from "preact/hooks";
import { Confirm, Dialog } from "../../parts/dialog";
import { Skeleton } from "../../parts/empty";
import { FormDialog, useAction } from "../../parts/form-dialog";
import { Note, ProblemNote } from "../../parts/problem";
import { toast } from "../../parts/toast";
import { del, get, patch, post, type Problem, type Schemas } from "../../rest/client";
import { beginSession, identity } from "../../session";
import { t } from "../../strings";
import { EMPTY, FIELDS, buildCreate, buildPatch, readDraft, type Draft } from "./draft";
import { Fields, Overlap } from "./fields";

export type Key = Schemas["Key"];
type Made = Schemas["KeyWithSecret"];

const SHOWN = Object.keys(FIELDS);

interface DialogProps {
  onClose: () => void;
}

export function CreateKey({ onClose, onMade }: DialogProps & { onMade: (made: Made) => void }) {
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const { busy, problem, run } = useAction();
  const create = async () => {
    const made = await run(() => post("/api-keys", buildCreate(draft)));
    if (made) onMade(made.data);
  };
  return (
    <FormDialog
      title={t("keys.create")}
      action={t("keys.create")}
      {...{ busy, problem, onClose }}
      shown={SHOWN}
      onSubmit={create}
    >
      <Fields draft={draft} onDraft={setDraft} problem={problem} />
    </FormDialog>
  );
}

export function EditKey({ id, onClose, onChanged }: DialogProps & { id: string; onChanged: () => void }) {
  const [read, setRead] = useState<{ key: Key; etag: string | null } | null>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [missing, setMissing] = useState<Problem | null>(null);
  const { busy, problem, run } = useAction();
  useEffect(() => {
    void get("/api-keys/{id}", { path: { id } }).then((answer) => {
      if (!answer.ok) return setMissing(answer.problem);
      setRead({ key: answer.data, etag: answer.etag });
      setDraft(readDraft(answer.data));
    });
  }, [id]);
  if (!read) {
    return (
      <Dialog title={t("keys.editTitle", { name: id })} onClose={onClose}>
        {missing ? <ProblemNote problem={missing} /> : <Skeleton />}
      </Dialog>
    );
  }
  const change = async () => {
    const headers: Record<string, string> = read.etag ? { "if-match": read.etag } : {};
    const done = await run(() => patch("/api-keys/{id}", buildPatch(draft, read.key), { path: { id }, headers }));
    if (!done) return;
    toast(t("keys.changed", { name: read.key.name }));
    onChanged();
  };
  const title = t("keys.editTitle", { name: read.key.name });
  return (
    <FormDialog title={title} action={t("keys.save")} {...{ busy, problem, onClose }} shown={SHOWN} onSubmit={change}>
      <Fields draft={draft} onDraft={setDraft} problem={problem} fixedName />
    </FormDialog>
  );
}

export function RotateKey({ of, onClose, onMade }: DialogProps & { of: Key; onMade: (made: Made) => void }) {
  const [overlap, setOverlap] = useState(String(of.rotationOverlap));
  const { busy, problem, run } = useAction();
  const rotate = async () => {
    const body = { rotationOverlap: Number(overlap) };
    const made = await run(() => post("/api-keys/{id}/rotate", body, { path: { id: of._id } }));
    if (!made) return;
    if (isMine(of) && made.data.secret && identity.value) beginSession(made.data.secret, identity.value);
    onMade(made.data);
  };
  const title = t("keys.rotateTitle", { name: of.name });
  return (
    <FormDialog title={title} action={t("keys.rotate")} {...{ busy, problem, onClose }} shown={SHOWN} onSubmit={rotate}>
      <p>{t("keys.rotateLead")}</p>
      <Overlap value={overlap} onValue={setOverlap} />
      {isMine(of) && <Note>{t("keys.rotateMine")}</Note>}
    </FormDialog>
  );
}

export function DeleteKey({ of, onClose, onDone }: DialogProps & { of: Key; onDone: () => void }) {
  const remove = async (): Promise<Problem | null> => {
    const answer = await del("/api-keys/{id}", { path: { id: of._id } });
    if (!answer.ok) return answer.problem;
    toast(t("keys.deleted", { name: of.name }));
    onDone();
    return null;
  };
  return (
    <Confirm
      title={t("keys.deleteTitle", { name: of.name })}
      action={t("keys.delete")}
      name={of.name}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{t("keys.deleteLead")}</p>
      {isMine(of) && <Note tone="warn">{t("keys.deleteMine")}</Note>}
      {of.instanceIds.length > 0 && (
        <Note tone="warn">{t("keys.stillNamed", { names: of.instanceIds.join(", ") })}</Note>
      )}
    </Confirm>
  );
}

/** Whether this tab works with the key. */
export function isMine(key: Key): boolean {
  return key._id === identity.value?.name;
}
