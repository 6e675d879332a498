import { expect, test } from "vitest";
import { buildCreate, buildFields, buildPatch } from "./body";
import { buildDraft, findOverridden, readDraft, rebase, type Draft } from "./draft";
import { findPath, listPaths, placeErrors } from "./errors";
import { DETAIL, MODEL } from "./samples";

const NEW = buildDraft("qwen3-8b", "1");

function edit(changes: Partial<Draft>): Draft {
  return { ...NEW, ...changes };
}

test("a new instance says what was chosen, and leaves defaults to the API", () => {
  expect(buildCreate(NEW)).toEqual({
    name: "qwen3-8b",
    modelId: "qwen3-8b",
    podLifetime: 120,
    auth: "ApiKey",
    autoScalingConfigurations: [{ regionId: 1, scale: { min: 1, max: 1, triggers: { concurrency: { target: 32 } } } }],
  });
});

test("what is no number is sent as it was typed, so that the API can say so", () => {
  const fields = buildFields(edit({ containerPort: "eighty", podLifetime: "" }));
  expect(fields).toMatchObject({ containerPort: "eighty", podLifetime: "" });
});

test("limits are said as far as they are typed, and of a change all together", () => {
  const limits = { ...NEW.limits, holdTimeout: "30" };
  expect(buildCreate(edit({ limits, weight: "50", resend: false }))).toMatchObject({
    limits: { holdTimeout: 30 },
    weight: 50,
    resend: false,
  });
  const seen = readDraft(DETAIL, MODEL);
  expect(buildPatch({ ...seen, limits: { ...seen.limits, holdTimeout: "" } }, seen)).toEqual({
    limits: { requestTimeout: 600, maxHeldRequests: 1000, maxRequestBytes: "32Mi" },
  });
});

test("an instance that never sleeps says null", () => {
  expect(buildCreate(edit({ neverSleeps: true }))).toMatchObject({ podLifetime: null });
});

test("a public instance names no keys", () => {
  const body = buildCreate(edit({ isPublic: true, apiKeyIds: ["app"] }));
  expect(body).toMatchObject({ auth: "None" });
  expect(body).not.toHaveProperty("apiKeyIds");
});

test("no trigger at all is the API's default", () => {
  const [region] = NEW.regions;
  const regions = region ? [{ ...region, triggers: { simple: { concurrency: undefined }, schedules: [] } }] : [];
  expect(buildFields(edit({ regions }))).toMatchObject({
    autoScalingConfigurations: [{ regionId: 1, scale: { min: 1, max: 1 } }],
  });
});

test("an instance that is read and not changed sends nothing", () => {
  const seen = readDraft(DETAIL, MODEL);
  expect(buildPatch(seen, seen)).toEqual({});
});

test("a change sends what differs, and null for what is cleared", () => {
  const seen = readDraft(DETAIL, MODEL);
  const changed = { ...seen, description: "", envs: [{ name: "A", value: "2" }] };
  expect(buildPatch(changed, seen)).toEqual({ description: null, envs: { A: "2" } });
});

test("of variables of one name all but the last are overridden; those without a name are none yet", () => {
  const envs = ["A", "B", "A", "", "", "A"].map((name) => ({ name, value: "1" }));
  expect([...findOverridden(envs)]).toEqual([0, 2]);
});

test("another model takes hardware and port along, so that its defaults hold", () => {
  const seen = readDraft(DETAIL, MODEL);
  expect(buildPatch({ ...seen, modelId: "other" }, seen)).toEqual({
    modelId: "other",
    hardwareId: null,
    containerPort: null,
  });
});

test("a change of one region sends all of them with all that they have", () => {
  const seen = readDraft(DETAIL, MODEL);
  const regions = seen.regions.map((region) => ({ ...region, max: "9" }));
  expect(buildPatch({ ...seen, regions }, seen)).toEqual({
    autoScalingConfigurations: DETAIL.containers.map(({ regionId, scale }) => ({
      regionId,
      scale: {
        min: scale.min,
        max: 9,
        cooldownPeriod: 60,
        triggers: { http: { rate: 12, window: 20 }, schedules: scale.triggers?.schedules },
      },
    })),
  });
});

test("my changes stay on top of a newer state", () => {
  const seen = readDraft(DETAIL, MODEL);
  const newest = { ...seen, description: "theirs", podLifetime: "7" };
  const mine = { ...seen, description: "mine" };
  expect(rebase(mine, seen, newest)).toEqual({ ...newest, description: "mine" });
});

const PLACES: [string, string][] = [
  ["name", "name"],
  ["envs.BAD KEY.[key]", "envs"],
  ["autoScalingConfigurations[0].scale.min", "autoScalingConfigurations[0].scale.min"],
  [
    "autoScalingConfigurations[0].scale.triggers.concurrency.target",
    "autoScalingConfigurations[0].scale.triggers.concurrency.target",
  ],
  ["autoScalingConfigurations[0].scale.triggers.schedules", "autoScalingConfigurations[0].scale.triggers"],
  ["autoScalingConfigurations[1].scale.min", "autoScalingConfigurations"],
  ["names", ""],
  ["spec", ""],
];

test.each(PLACES)("an error of %s belongs to the input %s", (field, path) => {
  expect(findPath(field, listPaths(NEW))).toBe(path);
});

function refuse(status: number, errors: { field: string; message: string }[]) {
  return {
    type: "",
    title: "",
    status,
    detail: "Why.",
    requestId: "",
    errors: errors.map((error) => ({ ...error, value: null })),
  };
}

test("errors stand beside their inputs, and others at the top by their field", () => {
  const errors = placeErrors(
    refuse(422, [
      { field: "name", message: "is empty" },
      { field: "rollout.x", message: "is odd" },
      { field: "spec", message: "lacks a model" },
    ]),
    NEW,
    true,
  );
  expect([...errors]).toEqual([
    ["name", ["is empty"]],
    ["", ["rollout.x: is odd", "lacks a model"]],
  ]);
});

test("a conflict of a new instance is about its name, and of a change about the whole", () => {
  expect([...placeErrors(refuse(409, []), NEW, true)]).toEqual([["name", ["Why."]]]);
  expect([...placeErrors(refuse(409, []), NEW, false)]).toEqual([["", ["Why."]]]);
});
