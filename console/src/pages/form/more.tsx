/** What most instances leave as it is: environment, port, command, registry, description. */
import { Button, IconButton } from "../../parts/button";
import { TextArea, TextField } from "../../parts/field";
import { t } from "../../strings";
import { useForm } from "./context";
import { findOverridden, type Variable } from "./draft";
import { Fold, GroupError } from "./section";
import { ArgumentsField, CommandField, PortField, RegistryField } from "./source";

export function VariablesSection() {
  const { draft, set, error } = useForm();
  const { envs } = draft;
  const overridden = findOverridden(envs);
  const replace = (place: number, variables: Variable[]) =>
    set({ envs: [...envs.slice(0, place), ...variables, ...envs.slice(place + 1)] });
  return (
    <Fold
      level={2}
      title={t("form.envs")}
      summary={envs.length > 0 ? t("form.envsCount", { count: envs.length }) : t("form.envsNone")}
      wrong={Boolean(error("envs")) || overridden.size > 0}
    >
      <GroupError path="envs" />
      {envs.map((variable, place) => (
        <VariableFields
          key={place}
          {...{ variable, place }}
          overridden={overridden.has(place)}
          onReplace={(each) => replace(place, each)}
        />
      ))}
      <div>
        <Button icon="plus" onClick={() => set({ envs: [...envs, { name: "", value: "" }] })}>
          {t("form.addEnv")}
        </Button>
      </div>
      <p class="muted small">{t("form.envsHint")}</p>
    </Fold>
  );
}

interface VariableProps {
  variable: Variable;
  place: number;
  /** Its name comes again below. */
  overridden: boolean;
  onReplace: (variables: Variable[]) => void;
}

function VariableFields({ variable, place, overridden, onReplace }: VariableProps) {
  const { name, value } = variable;
  return (
    <div class="form-variable">
      <TextField
        label={t("form.envName")}
        name={`envs.${place}`}
        value={name}
        error={overridden ? t("form.envOverridden", { name }) : undefined}
        onValue={(typed) => onReplace([{ name: typed, value }])}
      />
      <TextField
        label={t("form.envValue")}
        name={`envs.${place}`}
        value={value}
        onValue={(typed) => onReplace([{ name, value: typed }])}
      />
      <IconButton icon="trash" label={t("form.removeEnv", { name })} onClick={() => onReplace([])} />
    </div>
  );
}

export function AdvancedSection() {
  const { draft, set, error } = useForm();
  const ofModel = draft.source === "model";
  const paths = ["description", ...(ofModel ? ["containerPort", "startupCommand", "startupArgs", "registryId"] : [])];
  return (
    <Fold
      level={2}
      title={t("form.advanced")}
      summary={t(ofModel ? "form.advancedOfModel" : "form.description")}
      wrong={paths.some((path) => Boolean(error(path)))}
    >
      <TextArea
        label={t("form.description")}
        optional
        rows={2}
        value={draft.description}
        error={error("description")}
        onValue={(description) => set({ description })}
      />
      {ofModel && (
        <>
          <PortField hint={t("form.portOfModelHint")} />
          <CommandField />
          <ArgumentsField />
          <RegistryField hint={t("form.registryHint")} />
        </>
      )}
    </Fold>
  );
}
