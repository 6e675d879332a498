import { describe, expect, it } from "vitest";
import { EMPTY, buildCreate, buildPatch, readDraft, type Registry } from "./draft";

const PRIVATE: Registry = {
  _id: "private",
  name: "private",
  url: "ghcr.io",
  username: "me",
  insecure: false,
  caBundle: null,
  status: "Verified",
  message: null,
  checkedAt: null,
  keptBy: null,
  createdAt: "2029-01-01T00:00:00.000Z",
  updatedAt: "2029-01-01T00:00:00.000Z",
};

describe("a new registry", () => {
  it("is an open one without a user", () => {
    expect(buildCreate({ ...EMPTY, name: "hub", url: "docker.io" })).toEqual({
      name: "hub",
      url: "docker.io",
      username: null,
      password: null,
    });
  });
});

describe("a registry with a certificate of its own, or without any", () => {
  it("says so, where it is new and where it becomes one", () => {
    const changes = { insecure: true, caBundle: "-----BEGIN" };
    expect(buildCreate({ ...EMPTY, ...changes })).toMatchObject(changes);
    expect(buildPatch({ ...readDraft(PRIVATE), ...changes }, PRIVATE)).toEqual(changes);
  });
  it("goes back to the usual authorities", () => {
    const own = { ...PRIVATE, caBundle: "-----BEGIN" };
    expect(buildPatch({ ...readDraft(own), caBundle: " " }, own)).toEqual({ caBundle: null });
  });
});

describe("a changed registry", () => {
  it("keeps its password where none was typed", () => {
    expect(buildPatch({ ...readDraft(PRIVATE), url: "quay.io" }, PRIVATE)).toEqual({ url: "quay.io" });
  });
  it("gets the password that was typed", () => {
    expect(buildPatch({ ...readDraft(PRIVATE), password: "new" }, PRIVATE)).toEqual({ password: "new" });
  });
  it("becomes an open one without its user", () => {
    expect(buildPatch({ ...readDraft(PRIVATE), username: "" }, PRIVATE)).toEqual({ username: null, password: null });
  });
  it("names nothing where nothing differs", () => {
    expect(buildPatch(readDraft(PRIVATE), PRIVATE)).toEqual({});
  });
});
