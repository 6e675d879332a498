import { expect, test } from "vitest";
import { isQuiet, listReplicas, listRequests, listTimes, most, sum, type Timeline } from "./series";

const TIMELINE: Timeline = {
  start: "2030-01-01T00:00:00.000Z",
  end: "2030-01-01T00:02:00.000Z",
  step: 60,
  requests: [3, 1],
  errors: [1, 0],
  held: [0, 0],
  regions: [{ regionId: null, region: "gone", replicas: [0, 2], requests: [2, 1] }],
};

test("a timeline has a time for each step, and requests fall into answered and failed", () => {
  expect(listTimes(TIMELINE).map((at) => new Date(at).toISOString().slice(14, 19))).toEqual(["00:00", "01:00"]);
  expect(listRequests(TIMELINE, "fine", "failed").map(({ values }) => values)).toEqual([
    [2, 1],
    [1, 0],
  ]);
  expect(listReplicas(TIMELINE, (_, fallback) => fallback)).toEqual([{ name: "gone", values: [0, 2] }]);
});

test("a time without requests, replicas and waiting is quiet", () => {
  expect(isQuiet(TIMELINE)).toBe(false);
  expect(isQuiet({ ...TIMELINE, requests: [0, 0], regions: [] })).toBe(true);
  expect(isQuiet({ ...TIMELINE, requests: [0, 0], regions: [], held: [1, 0] })).toBe(false);
});

test("sums and maxima pass over gaps", () => {
  expect([sum([1, null, 2]), most([1, null, 2]), most([])]).toEqual([3, 2, 0]);
});
