/** What to serve: a model of the catalog, or an image. */
import { Badge } from "../../parts/badge";
import { Select, TextField } from "../../parts/field";
import { Note } from "../../parts/problem";
import { Money } from "../../parts/values";
import type { Schemas } from "../../rest/client";
import { identity } from "../../session";
import { t } from "../../strings";
import { Choices, type ChoiceRow } from "./choices";
import { useForm } from "./context";
import type { Source } from "./draft";
import { Section } from "./section";

const SOURCES = ["model", "image", "registry"] as const satisfies readonly Source[];

export function SourceSection({ onModel }: { onModel: (modelId: string) => void }) {
  const { draft, set, material, error } = useForm();
  return (
    <Section title={t("form.source")}>
      <fieldset class="form-segments">
        <legend class="hidden-text">{t("form.source")}</legend>
        {SOURCES.map((source) => (
          <label key={source}>
            <input type="radio" name="source" checked={draft.source === source} onChange={() => set({ source })} />
            <span>{t(`form.source-${source}`)}</span>
          </label>
        ))}
      </fieldset>
      {draft.source === "model" && material.models.length === 0 && <Note>{t("form.noModels")}</Note>}
      {draft.source === "model" ? (
        <Choices
          label={t("form.model")}
          name="modelId"
          value={draft.modelId}
          rows={material.models.map(buildModelRow)}
          error={error("modelId")}
          onValue={onModel}
        />
      ) : (
        <ImageFields />
      )}
    </Section>
  );
}

function buildModelRow(model: Schemas["Model"]): ChoiceRow {
  return {
    value: model.id,
    title: model.name,
    detail: [model.id, model.engine].filter((each) => each && each !== model.name).join(" · "),
    aside: (
      <>
        {model.features.map((feature) => (
          <Badge key={feature}>{feature}</Badge>
        ))}
        <TokenPrice prices={model.prices} />
      </>
    ),
  };
}

function TokenPrice({ prices }: { prices: Schemas["Model"]["prices"] }) {
  const currency = identity.value?.currencyCode;
  if (!prices?.inputPerMillionTokens && !prices?.outputPerMillionTokens) return null;
  const { inputPerMillionTokens: input, outputPerMillionTokens: output } = prices;
  return (
    <span class="muted small">
      <Money amount={input ?? 0} currency={currency} /> / <Money amount={output ?? 0} currency={currency} />{" "}
      {t("form.perMillion")}
    </span>
  );
}

function ImageFields() {
  const { draft, set, error } = useForm();
  return (
    <>
      {draft.source === "image" && (
        <TextField
          label={t("form.image")}
          name="image"
          placeholder="ghcr.io/team/engine:1.0"
          value={draft.image}
          error={error("image")}
          onValue={(image) => set({ image })}
        />
      )}
      <RegistryField hint={t(draft.source === "image" ? "form.registryHint" : "form.registryImageHint")} />
      <PortField hint={t("form.portHint")} />
      <CommandField />
      <ArgumentsField />
    </>
  );
}

export function RegistryField({ hint }: { hint: string }) {
  const { draft, set, material, error } = useForm();
  const none = { value: "", label: t("form.noRegistry") };
  const choices = material.registries.map((each) => ({ value: each._id, label: `${each.name} (${each.url})` }));
  return (
    <Select
      label={t("form.registry")}
      name="registryId"
      optional={draft.source !== "registry"}
      value={draft.registryId}
      choices={[none, ...choices]}
      hint={hint}
      error={error("registryId")}
      onValue={(registryId) => set({ registryId })}
    />
  );
}

export function PortField({ hint }: { hint: string }) {
  const { draft, set, error } = useForm();
  return (
    <TextField
      label={t("form.port")}
      name="containerPort"
      type="number"
      optional={draft.source === "model"}
      value={draft.containerPort}
      hint={hint}
      error={error("containerPort")}
      onValue={(containerPort) => set({ containerPort })}
    />
  );
}

export function CommandField() {
  const { draft, set, error } = useForm();
  return (
    <TextField
      label={t("form.command")}
      name="startupCommand"
      optional
      value={draft.startupCommand}
      hint={t("form.commandHint")}
      error={error("startupCommand")}
      onValue={(startupCommand) => set({ startupCommand })}
    />
  );
}

export function ArgumentsField() {
  const { draft, set, error } = useForm();
  return (
    <TextField
      label={t("form.arguments")}
      name="startupArgs"
      optional
      placeholder="--max-model-len 8192"
      value={draft.startupArgs}
      hint={t(draft.source === "model" ? "form.argumentsOfModelHint" : "form.argumentsHint")}
      error={error("startupArgs")}
      onValue={(startupArgs) => set({ startupArgs })}
    />
  );
}
