import { describe, expect, test } from "vitest";
import { countPhases, countReplicas, findMatching, readOrder, sortInstances, writeOrder, type Instance } from "./rows";

const build = (name: string, fields: Partial<Instance> = {}): Instance => ({
  _id: name.toLowerCase(),
  name,
  status: "ACTIVE",
  hourlyPrice: 1,
  currentHourlyPrice: 1,
  features: ["chat"],
  address: `https://${name}.test/`,
  modelId: "qwen3-8b",
  image: null,
  hardwareId: "1x-l40s",
  containers: [],
  keptBy: null,
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: "2030-01-01T00:00:00.000Z",
  ...fields,
});
const names = (rows: readonly Instance[]) => rows.map(({ name }) => name);

describe("a search", () => {
  const all = [
    build("Chat"),
    build("Ears", { modelId: "whisper", features: ["audio"], status: "PENDING" }),
    build("Own", { modelId: null, image: "ghcr.io/own/Engine:1" }),
  ];
  test.each([
    ["", "", ["Chat", "Ears", "Own"]],
    ["ears", "", ["Ears"]],
    ["WHISPER audio", "", ["Ears"]],
    ["engine l40s", "", ["Own"]],
    ["chat whisper", "", []],
    ["", "PENDING", ["Ears"]],
    ["chat", "PENDING", []],
  ])("for %j in phase %j finds %j", (text, phase, found) => {
    expect(names(findMatching(all, { text, phase }))).toEqual(found);
  });
});

describe("an order", () => {
  const all = [
    build("b-10", { status: "ACTIVE", hourlyPrice: 2 }),
    build("b-9", { status: "ERROR", hourlyPrice: 10 }),
    build("a", { status: "DISABLED", hourlyPrice: 2 }),
  ];
  test.each([
    [null, ["a", "b-9", "b-10"]],
    ["-name", ["b-10", "b-9", "a"]],
    ["phase", ["b-9", "b-10", "a"]],
    ["most", ["a", "b-10", "b-9"]],
    ["-most", ["b-9", "a", "b-10"]],
    ["nonsense", ["a", "b-9", "b-10"]],
  ])("of %j", (text, sorted) => {
    expect(names(sortInstances(all, readOrder(text)))).toEqual(sorted);
  });

  test("is kept in the address, unless it is the usual one", () => {
    expect(["-name", "phase", "-most"].map((text) => writeOrder(readOrder(text)))).toEqual(["-name", "phase", "-most"]);
    expect(writeOrder(readOrder(null))).toBe("");
  });

  test("of phases begins with the gravest", () => {
    expect(countPhases(all)).toEqual([
      ["ERROR", 1],
      ["ACTIVE", 1],
      ["DISABLED", 1],
    ]);
  });
});

test("replicas are those of all regions", () => {
  const container = (ready: number, total: number) => ({
    regionId: 1,
    scale: { min: 0, max: 3 },
    deployStatus: { ready, total },
    errorMessage: null,
  });
  expect(countReplicas(build("a", { containers: [container(1, 2), container(0, 1)] }))).toEqual({
    ready: 1,
    total: 3,
    max: 6,
  });
});
