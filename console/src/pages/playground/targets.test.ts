import { describe, expect, it } from "vitest";
import { choose } from "./selection";
import { arrange, type Endpoint, type Target } from "./targets";

function endpoint(id: string, status = "ACTIVE"): Endpoint {
  return { _id: id, name: id, status, features: ["chat"], model: id, path: `v2/${id}/openai/v1` };
}

const [ONE, OTHER] = [endpoint("one"), endpoint("other")];
const target = (of: Endpoint, key = ""): Target => ({ id: of._id, name: of._id, endpoint: of, key });
const KNOWN = [target(ONE), target(OTHER, "inf-lent")];
const ALL = ["one", "other", "third"].map((id) => ({ _id: id, name: id }));
const LENT = { key: "inf-lent", endpoints: [ONE, OTHER] };

describe("what may be called", () => {
  it("is opened by the session's key first, then by the lent one; the rest is locked", () => {
    expect(arrange([ONE], { ...LENT, namespace: "" }, ALL)).toEqual({ targets: KNOWN, locked: ALL.slice(2) });
  });

  it("of another namespace is not taken for one's own of the same name", () => {
    const foreign = { ...OTHER, path: "v2/other-1a2b3c4d/openai/v1" };
    const { targets, locked } = arrange([ONE], { ...LENT, endpoints: [foreign], namespace: "theirs" }, ALL);
    expect(targets[1]).toMatchObject({ id: "other-1a2b3c4d", name: "theirs/other", key: "inf-lent" });
    expect(locked).toEqual(ALL.slice(1));
  });

  it("is what the address says", () => {
    expect(choose(KNOWN, ["other", "one"])).toEqual({ targets: [...KNOWN].reverse(), missing: null });
    expect(choose(KNOWN, ["third"])).toEqual({ targets: [], missing: "third" });
  });

  it("is the first that answers at once, where the address says nothing", () => {
    expect(choose([target(endpoint("asleep", "PENDING")), ...KNOWN], []).targets).toEqual([KNOWN[0]]);
    expect(choose([], [])).toEqual({ targets: [], missing: null });
  });
});
