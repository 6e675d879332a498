import { describe, expect, it } from "vitest";
import type { Schemas } from "../../rest/client";
import { EMPTY, buildCreate, buildPatch, readDraft } from "./draft";

const KEY: Schemas["Key"] = {
  _id: "batch",
  name: "Nightly batch",
  description: null,
  scopes: ["inference"],
  expiresAt: "2030-01-01T12:30:00.000Z",
  disabled: false,
  limits: { requestsPerMinute: 60, tokensPerMinute: null },
  budget: { amount: 12.5, period: "day" },
  rotationOverlap: 3600,
  prefix: "inf-3k",
  status: "Ready",
  message: null,
  warnings: [],
  replaced: [],
  spent: null,
  spentSince: null,
  keptBy: null,
  instanceIds: [],
  createdAt: "2029-01-01T00:00:00.000Z",
  updatedAt: "2029-01-01T00:00:00.000Z",
};

describe("a new key", () => {
  it("has no limit where none was given", () => {
    expect(buildCreate({ ...EMPTY, name: "app" })).toEqual({
      name: "app",
      description: null,
      scopes: ["inference"],
      expiresAt: null,
      limits: { requestsPerMinute: null, tokensPerMinute: null },
      budget: null,
      disabled: false,
      rotationOverlap: 0,
    });
  });
  it("has what was given, in the API's units", () => {
    const given = { manage: true, requestsPerMinute: "60", amount: "2.5", expiresAt: "2030-01-01T12:30" };
    expect(buildCreate({ ...EMPTY, ...given })).toMatchObject({
      scopes: ["inference", "manage"],
      limits: { requestsPerMinute: 60, tokensPerMinute: null },
      budget: { amount: 2.5, period: "month" },
      expiresAt: new Date("2030-01-01T12:30").toISOString(),
    });
  });
});

describe("a changed key", () => {
  it("names nothing where nothing differs", () => {
    expect(buildPatch(readDraft(KEY), KEY)).toEqual({});
  });
  it("names what differs alone", () => {
    expect(buildPatch({ ...readDraft(KEY), disabled: true }, KEY)).toEqual({ disabled: true });
  });
  it("takes a limit, a budget and an end away with null", () => {
    expect(buildPatch({ ...readDraft(KEY), requestsPerMinute: "", amount: "", expiresAt: "" }, KEY)).toEqual({
      limits: { requestsPerMinute: null, tokensPerMinute: null },
      budget: null,
      expiresAt: null,
    });
  });
});
