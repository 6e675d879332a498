import { expect, it } from "vitest";
import { findLastUse, lookBack } from "./last-use";

const NOW = Date.parse("2030-01-31T22:00:00Z");
const row = (key: string | null, day: string, requests = 1) => ({
  key,
  start: `2030-01-${day}T00:00:00.000Z`,
  requests,
});

it("the last use of a key is told in days of UTC", () => {
  const rows = [row("app", "03"), row("app", "30"), row("batch", "31"), row("app", "29")];
  expect([...findLastUse(rows, NOW)]).toEqual([
    ["app", 1],
    ["batch", 0],
  ]);
});

it("rows without a key, or without a request, are no use", () => {
  expect(findLastUse([row(null, "30"), row("", "30"), row("idle", "30", 0)], NOW).size).toBe(0);
});

it("thirty days are looked at, today being one of them", () => {
  expect(lookBack(NOW)).toBe("2030-01-02");
});
