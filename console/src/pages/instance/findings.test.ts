import { expect, test } from "vitest";
import { findHeading, listFindings } from "./findings";

const finding = (what: string, why: string, mend: string | null = null, severity: "failure" | "note" = "failure") => ({
  severity,
  what,
  why,
  mend,
});

test("what the summary says is said once, and conditions are left to their own list", () => {
  const summary = "It ended: choose more memory.";
  const found = listFindings({
    summary,
    ready: false,
    findings: [
      finding("Progressing", `False CrashLoopBackOff: ${summary}`),
      finding("Pod a", `CrashLoopBackOff: ${summary}`),
      finding("Pod b", summary, summary),
      finding("region x", "0 of 1 answer", "Wait."),
    ],
  });
  expect(found.map(({ what, why, mend }) => [what, why, mend])).toEqual([
    ["Pod a", null, null],
    ["Pod b", null, null],
    ["region x", "0 of 1 answer", "Wait."],
  ]);
});

test.each([
  ["ACTIVE", true, "answers"],
  ["PENDING", true, "asleep"],
  ["DISABLED", false, "halted"],
  ["DEPLOYING", false, "underway"],
  ["ERROR", false, "hindered"],
] as const)("%s, ready %s: %s", (status, ready, heading) => {
  const findings = status === "ERROR" ? [finding("Pod a", "gone")] : [finding("x", "y", null, "note")];
  expect(findHeading(status, { summary: "", ready, findings })).toBe(heading);
});
