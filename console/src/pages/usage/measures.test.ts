import { describe, expect, it } from "vitest";
import { buildSeries, findCurrencies, readMeasure, type Row } from "./measures";

const DAYS = ["2030-01-01T00:00:00.000Z", "2030-01-02T00:00:00.000Z"];
const TIMES = DAYS.map((day) => Date.parse(day));

function row(given: Partial<Row>): Row {
  return {
    ...{ start: DAYS[0] ?? null, key: null, model: null, instance: null, region: null },
    ...{ requests: 0, errors: 0, unknown: 0, broken: 0, promptTokens: 0, completionTokens: 0, cachedTokens: 0 },
    ...{ reasoningTokens: 0, audioSeconds: 0, images: 0, bytesIn: 0, bytesOut: 0, replicaSeconds: null },
    ...{ tokenCost: "0", replicaCost: null, unpriced: 0, currencyCode: "USD" },
    ...given,
  };
}

describe("series of a report", () => {
  const rows = [
    row({ model: "qwen", tokenCost: "0.25", promptTokens: 10, completionTokens: 5 }),
    row({ model: "qwen", tokenCost: "1", start: DAYS[1] ?? null }),
    row({ model: "whisper", audioSeconds: 90 }),
  ];
  it("have a value for each time", () => {
    expect(buildSeries(rows, TIMES, "model", "tokenCost")).toEqual([{ name: "qwen", values: [0.25, 1] }]);
  });
  it("add tokens of both ways, and tell audio in minutes", () => {
    expect(buildSeries(rows, TIMES, "model", "tokens")).toEqual([{ name: "qwen", values: [15, 0] }]);
    expect(buildSeries(rows, TIMES, "model", "audio")).toEqual([{ name: "whisper", values: [1.5, 0] }]);
  });
  it("leave out rows of another time, and what nobody knows", () => {
    expect(buildSeries([row({ start: null, requests: 3 })], TIMES, "model", "requests")).toEqual([]);
    expect(buildSeries(rows, TIMES, "model", "replicaCost")).toEqual([]);
  });
});

it("keys have no cost of replicas", () => {
  expect(readMeasure("replicaCost", "key")).toBe("tokenCost");
  expect(readMeasure("replicaCost", "instance")).toBe("replicaCost");
  expect(readMeasure("nonsense", "instance")).toBe("tokenCost");
});

it("the installation's currency comes first", () => {
  const totals = [row({ currencyCode: "CHF" }), row({ currencyCode: "USD" })];
  expect(findCurrencies(totals, "USD")).toEqual(["USD", "CHF"]);
});
