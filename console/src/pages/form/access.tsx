/** Who may call it. */
import { Badge } from "../../parts/badge";
import { LinkButton } from "../../parts/button";
import { Checkbox } from "../../parts/field";
import { Note } from "../../parts/problem";
import { link } from "../../router";
import { t } from "../../strings";
import { useForm } from "./context";
import { GroupError, Section } from "./section";

export function AccessSection() {
  const { draft, set } = useForm();
  return (
    <Section title={t("form.access")}>
      <fieldset class="form-segments">
        <legend class="hidden-text">{t("form.access")}</legend>
        {([false, true] as const).map((isPublic) => (
          <label key={String(isPublic)}>
            <input type="radio" name="auth" checked={draft.isPublic === isPublic} onChange={() => set({ isPublic })} />
            <span>{t(isPublic ? "form.public" : "form.withKeys")}</span>
          </label>
        ))}
      </fieldset>
      <GroupError path="auth" />
      {draft.isPublic ? <Note tone="warn">{t("form.publicWarning")}</Note> : <Keys />}
    </Section>
  );
}

function Keys() {
  const { draft, set, material } = useForm();
  const { apiKeyIds } = draft;
  const unknown = apiKeyIds.filter((id) => !material.keys.some((key) => key._id === id));
  const toggle = (id: string, on: boolean) =>
    set({ apiKeyIds: on ? [...apiKeyIds, id] : apiKeyIds.filter((each) => each !== id) });
  return (
    <fieldset class="form-keys">
      <legend class="field-label">{t("form.keys")}</legend>
      <GroupError path="apiKeyIds" />
      {apiKeyIds.length === 0 && <p class="muted">{t("form.noKeyChosen")}</p>}
      {material.keys.map((key) => (
        <Checkbox
          key={key._id}
          label={
            <>
              {key.name} {key.disabled && <Badge tone="warn">{t("form.disabled")}</Badge>}
            </>
          }
          hint={key.description ?? undefined}
          name="apiKeyIds"
          checked={apiKeyIds.includes(key._id)}
          onChecked={(on) => toggle(key._id, on)}
        />
      ))}
      {unknown.map((id) => (
        <Checkbox key={id} name="apiKeyIds" label={id} checked onChecked={(on) => toggle(id, on)} />
      ))}
      {material.keys.length === 0 && (
        <div>
          <LinkButton href={link("keys")} icon="keys">
            {t("form.toKeys")}
          </LinkButton>
        </div>
      )}
    </fieldset>
  );
}
