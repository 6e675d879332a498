/** Creating, changing and deleting a registry. A password goes in and never comes out. */
import { useEffect, useState } from "preact/hooks";
import { Confirm, Dialog } from "../../parts/dialog";
import { Skeleton } from "../../parts/empty";
import { Checkbox, TextArea, TextField } from "../../parts/field";
import { FormDialog, useAction } from "../../parts/form-dialog";
import { ProblemNote } from "../../parts/problem";
import { toast } from "../../parts/toast";
import { del, get, patch, post, type Problem } from "../../rest/client";
import { t } from "../../strings";
import { EMPTY, SHOWN, buildCreate, buildPatch, readDraft, type Draft, type Registry } from "./draft";

interface DialogProps {
  onClose: () => void;
  onDone: () => void;
}

export function CreateRegistry({ onClose, onDone }: DialogProps) {
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const { busy, problem, run } = useAction();
  const create = async () => {
    if (!(await run(() => post("/registries", buildCreate(draft))))) return;
    toast(t("registries.created", { name: draft.name }));
    onDone();
  };
  const title = t("registries.create");
  return (
    <FormDialog {...{ title, busy, problem, onClose }} action={title} shown={SHOWN} onSubmit={create}>
      <Fields draft={draft} onDraft={setDraft} problem={problem} />
    </FormDialog>
  );
}

export function EditRegistry({ id, onClose, onDone }: DialogProps & { id: string }) {
  const [read, setRead] = useState<{ registry: Registry; etag: string | null } | null>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [missing, setMissing] = useState<Problem | null>(null);
  const { busy, problem, run } = useAction();
  useEffect(() => {
    void get("/registries/{id}", { path: { id } }).then((answer) => {
      if (!answer.ok) return setMissing(answer.problem);
      setRead({ registry: answer.data, etag: answer.etag });
      setDraft(readDraft(answer.data));
    });
  }, [id]);
  if (!read) {
    return (
      <Dialog title={t("registries.editTitle", { name: id })} onClose={onClose}>
        {missing ? <ProblemNote problem={missing} /> : <Skeleton />}
      </Dialog>
    );
  }
  const { registry, etag } = read;
  const change = async () => {
    const headers: Record<string, string> = etag ? { "if-match": etag } : {};
    const body = buildPatch(draft, registry);
    if (!(await run(() => patch("/registries/{id}", body, { path: { id }, headers })))) return;
    toast(t("registries.changed", { name: registry.name }));
    onDone();
  };
  const title = t("registries.editTitle", { name: registry.name });
  return (
    <FormDialog {...{ title, busy, problem, onClose }} action={t("registries.save")} shown={SHOWN} onSubmit={change}>
      <Fields draft={draft} onDraft={setDraft} problem={problem} known={registry} />
    </FormDialog>
  );
}

export function DeleteRegistry({ of, onClose, onDone }: DialogProps & { of: Registry }) {
  const remove = async (): Promise<Problem | null> => {
    const answer = await del("/registries/{id}", { path: { id: of._id } });
    if (!answer.ok) return answer.problem;
    toast(t("registries.deleted", { name: of.name }));
    onDone();
    return null;
  };
  return (
    <Confirm
      title={t("registries.deleteTitle", { name: of.name })}
      action={t("registries.delete")}
      name={of.name}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{t("registries.deleteLead")}</p>
    </Confirm>
  );
}

interface FieldsProps {
  draft: Draft;
  onDraft: (draft: Draft) => void;
  problem: Problem | null;
  /** The registry as it is; absent: a new one. */
  known?: Registry;
}

function Fields({ draft, onDraft, problem, known }: FieldsProps) {
  const field = (name: "name" | "url" | "username" | "password" | "caBundle") => ({
    value: draft[name],
    onValue: (value: string) => onDraft({ ...draft, [name]: value }),
    error: problem?.errors.find((error) => error.field === name)?.message,
  });
  return (
    <>
      {!known && <TextField label={t("registries.name")} {...field("name")} autofocus required />}
      <TextField label={t("registries.url")} {...field("url")} hint={t("registries.urlHint")} required />
      <TextField label={t("registries.username")} {...field("username")} hint={t("registries.usernameHint")} optional />
      <TextField
        label={t("registries.password")}
        type="password"
        autocomplete="new-password"
        {...field("password")}
        hint={known?.username ? t("registries.passwordKept") : t("registries.passwordHint")}
        optional
      />
      <TextArea
        label={t("registries.caBundle")}
        {...field("caBundle")}
        hint={t("registries.caBundleHint")}
        placeholder="-----BEGIN CERTIFICATE-----"
        rows={3}
        optional
      />
      <Checkbox
        label={t("registries.insecure")}
        hint={t("registries.insecureHint")}
        checked={draft.insecure}
        onChecked={(insecure) => onDraft({ ...draft, insecure })}
      />
    </>
  );
}
