import { expect, it } from "vitest";
import { chooseLanguage, LANGUAGES, type Language } from "../preferences";
import { fill, t, TABLE } from ".";

const KEYS = Object.keys(TABLE.shell.en);
const names = (text: unknown) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g))].sort().join();

it.each([
  [["fr-CA", "en"], "fr"],
  [["pt-BR", "de-AT"], "de"],
  [["pt-BR"], "en"],
  [[""], "en"],
])("speaks the first language that it knows: %j", (wanted, chosen) => {
  expect(chooseLanguage(wanted)).toBe(chosen);
});

it("fills in values, numbers as the language writes them", () => {
  expect(fill("{count} of {name}", { count: 1234.5, name: "x" }, "de")).toBe("1.234,5 of x");
  expect(fill("{unknown}", {}, "en")).toBe("{unknown}");
});

it("chooses singular and plural as the language does", () => {
  const text = { one: "{count} key", other: "{count} keys" };
  expect([0, 1, 2].map((count) => fill(text, { count }, "en"))).toEqual(["0 keys", "1 key", "2 keys"]);
  expect(fill(text, { count: 0 }, "fr")).toBe("0 key");
});

it("finds a text by its key", () => {
  expect(KEYS).toContain("signIn");
  expect(t("shell.signIn")).toBe("Sign in");
});

it("has the same values in every language's text", () => {
  const different = Object.entries(TABLE).flatMap(([area, languages]) =>
    Object.entries(languages.en).flatMap(([key, text]) =>
      Object.keys(LANGUAGES)
        .map((tag) => (languages as Record<Language, Record<string, unknown>>)[tag as Language][key])
        .filter((other) => names(other) !== names(text))
        .map(() => `${area}.${key}`),
    ),
  );
  expect(different).toEqual([]);
});
