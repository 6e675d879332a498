/** A text, or one per plural category of `count` (CLDR): `{one: "{count} key", other: "{count} keys"}`. */
import type { Language } from "../preferences";

export type Text = string | { one: string; other: string };

/** A page's texts; a key that one of the languages lacks is a type error. */
export function defineStrings<E extends Record<string, Text>>(table: {
  en: E;
  de: Record<keyof E, Text>;
  fr: Record<keyof E, Text>;
}): Record<Language, Record<keyof E & string, Text>> {
  return table;
}
