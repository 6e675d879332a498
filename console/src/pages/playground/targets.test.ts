import { describe, expect, it } from "vitest";
import "./browser-stand-in";
import { choose } from "./selection";
import { arrange, type Endpoint } from "./targets";

function endpoint(id: string, status = "ACTIVE"): Endpoint {
  return { _id: id, name: id, status, features: ["chat"], model: id, path: `v2/${id}/openai/v1` };
}

const [ONE, OTHER] = [endpoint("one"), endpoint("other")];
const KNOWN = [
  { endpoint: ONE, key: "" },
  { endpoint: OTHER, key: "inf-lent" },
];

describe("what may be called", () => {
  it("is opened by the session's key first, then by the lent one; the rest is locked", () => {
    const all = ["one", "other", "third"].map((id) => ({ _id: id, name: id }));
    expect(arrange([ONE], { key: "inf-lent", endpoints: [ONE, OTHER] }, all)).toEqual({
      targets: KNOWN,
      locked: [{ _id: "third", name: "third" }],
    });
  });

  it("is what the address says", () => {
    expect(choose(KNOWN, ["other", "one"])).toEqual({ targets: [...KNOWN].reverse(), missing: null });
    expect(choose(KNOWN, ["third"])).toEqual({ targets: [], missing: "third" });
  });

  it("is the first that answers at once, where the address says nothing", () => {
    expect(choose([{ endpoint: endpoint("asleep", "PENDING"), key: "" }, ...KNOWN], []).targets).toEqual([KNOWN[0]]);
    expect(choose([], [])).toEqual({ targets: [], missing: null });
  });
});
