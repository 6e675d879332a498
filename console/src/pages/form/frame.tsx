/** Around the sections: the name, what is wrong with the whole, and the buttons. */
import { Button, LinkButton } from "../../parts/button";
import { TextField } from "../../parts/field";
import { Note } from "../../parts/problem";
import type { Problem } from "../../rest/client";
import { link } from "../../router";
import { t } from "../../strings";
import { useForm } from "./context";
import { Section } from "./section";

const CONFLICT = 409;

export function NameSection() {
  const { draft, set, error } = useForm();
  return (
    <Section title={t("form.naming")}>
      <TextField
        label={t("form.name")}
        name="name"
        value={draft.name}
        hint={t("form.nameHint")}
        error={error("name")}
        onValue={(name) => set({ name })}
      />
    </Section>
  );
}

/** What is wrong with no input in particular; of a state that is gone, what to do. */
export function WholeNote({ problem, onRebase }: { problem: Problem | null; onRebase: () => void }) {
  const { instance, error } = useForm();
  const conflict = instance && problem?.status === CONFLICT ? problem.detail : "";
  const sentence = conflict || error("");
  if (!sentence) return null;
  return (
    <Note tone="bad">
      <p>{sentence}</p>
      {conflict && (
        <>
          <p>{t("form.conflict")}</p>
          <Button icon="refresh" onClick={onRebase}>
            {t("form.rebase")}
          </Button>
        </>
      )}
    </Note>
  );
}

export function SaveBar({ changed, busy }: { changed: boolean; busy: boolean }) {
  const { instance } = useForm();
  return (
    <div class="form-save-bar row">
      <Button type="submit" variant="primary" busy={busy} disabled={!changed}>
        {t(instance ? "form.save" : "form.create")}
      </Button>
      <LinkButton href={instance ? link("instances", instance._id) : link("instances")}>{t("parts.cancel")}</LinkButton>
      {!changed && <span class="muted">{t("form.unchanged")}</span>}
    </div>
  );
}
