import { expect, it } from "vitest";
import { isFound } from "./search";

it.each([
  ["", true],
  ["  ", true],
  ["qwen", true],
  ["8B CHAT", true],
  ["qwen audio", false],
])("a search for %j finds a model by all of its words: %s", (wanted, found) => {
  expect(isFound(wanted, ["qwen3-8b", "Qwen3 8B", null, "chat"])).toBe(found);
});
