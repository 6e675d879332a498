/** Every word of the console: `t("instances.title")`, `t("instances.found", {count: 3})`. */
import { language, type Language } from "../preferences";
import { catalog } from "./catalog";
import type { Text } from "./define";
import { form } from "./form";
import { instance } from "./instance";
import { instances } from "./instances";
import { keys } from "./keys";
import { parts } from "./parts";
import { playground } from "./playground";
import { preview } from "./preview";
import { regions } from "./regions";
import { registries } from "./registries";
import { rest } from "./rest";
import { scaling } from "./scaling";
import { shell } from "./shell";
import { traffic } from "./traffic";
import { usage } from "./usage";

export const TABLE = {
  catalog,
  form,
  instance,
  instances,
  keys,
  parts,
  playground,
  preview,
  regions,
  registries,
  rest,
  scaling,
  shell,
  traffic,
  usage,
};
type Areas = typeof TABLE;

/** "instances.title" and so on. */
export type StringKey = { [A in keyof Areas]: `${A}.${keyof Areas[A]["en"] & string}` }[keyof Areas];
export type Values = Record<string, string | number>;

/** The text in the language of the page; components that call it follow the switch. */
export function t(key: StringKey, values: Values = {}): string {
  return fill(find(key, language.value), values, language.value);
}

function find(key: StringKey, wanted: Language): Text {
  const dot = key.indexOf(".");
  const areas: Record<string, Record<Language, Record<string, Text>>> = TABLE;
  return areas[key.slice(0, dot)]?.[wanted][key.slice(dot + 1)] ?? key;
}

/** Exported for its tests. */
export function fill(text: Text, values: Values, wanted: Language): string {
  const one = typeof text !== "string" && new Intl.PluralRules(wanted).select(Number(values.count)) === "one";
  const chosen = typeof text === "string" ? text : one ? text.one : text.other;
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(wanted).format(value) : value;
  });
}
