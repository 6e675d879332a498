import { expect, it } from "vitest";
import { loadPart, PartMissing } from "./chunks";

it("gives the part that came", async () => {
  expect(await loadPart(() => Promise.resolve(1))).toBe(1);
});

it("tells a part that did not come from one that is broken", async () => {
  const failing = loadPart(() => Promise.reject(new TypeError("Failed to fetch dynamically imported module")));
  await expect(failing).rejects.toBeInstanceOf(PartMissing);
});
