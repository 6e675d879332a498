import { describe, expect, it } from "vitest";
import { buildBounds, buildRange, buildTimes, chooseEvery } from "./period";

const NOW = Date.parse("2030-03-05T22:30:00Z");
const NONE = { from: "", to: "" };

describe("a period", () => {
  it.each([
    ["today", "2030-03-05", "2030-03-05"],
    ["week", "2030-02-27", "2030-03-05"],
    ["month", "2030-03-01", "2030-03-05"],
    ["lastMonth", "2030-02-01", "2030-02-28"],
    ["quarter", "2029-12-06", "2030-03-05"],
    ["own", "2030-03-01", "2030-03-05"],
  ] as const)("%s is from %s to %s", (period, from, to) => {
    expect(buildRange(period, NONE, NOW)).toEqual({ from, to });
  });
  it("of one's own is taken as it is, if it is one", () => {
    const own = { from: "2030-01-10", to: "2030-01-12" };
    expect(buildRange("own", own, NOW)).toEqual(own);
    expect(buildRange("own", { from: own.to, to: own.from }, NOW).from).toBe("2030-03-01");
  });
});

describe("what the API is asked", () => {
  it("ends before the day after the last one", () => {
    expect(buildBounds({ from: "2030-02-01", to: "2030-02-28" }, NOW)).toEqual({
      from: "2030-02-01",
      to: "2030-03-01",
    });
  });
  it("ends now where the last day is today or later", () => {
    expect(buildBounds({ from: "2030-03-01", to: "2030-03-05" }, NOW)).toEqual({ from: "2030-03-01" });
  });
});

describe("steps", () => {
  it("are hours, days or months by the length of the range", () => {
    expect(chooseEvery({ from: "2030-03-04", to: "2030-03-05" })).toBe("hour");
    expect(chooseEvery({ from: "2030-03-01", to: "2030-03-31" })).toBe("day");
    expect(chooseEvery({ from: "2030-01-01", to: "2030-12-31" })).toBe("month");
  });
  it("begin with the calendar of UTC", () => {
    const days = buildTimes(Date.parse("2030-02-27T00:00:00Z"), Date.parse("2030-03-01T05:00:00Z"), "day");
    expect(days.map((at) => new Date(at).toISOString().slice(0, 10))).toEqual([
      "2030-02-27",
      "2030-02-28",
      "2030-03-01",
    ]);
    const months = buildTimes(Date.parse("2029-12-06T00:00:00Z"), Date.parse("2030-02-01T00:00:00Z"), "month");
    expect(months.map((at) => new Date(at).toISOString().slice(0, 7))).toEqual(["2029-12", "2030-01"]);
  });
});
