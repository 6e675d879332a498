/** What the API found out, without saying anything twice. PURE. */
import type { Schemas } from "../../rest/client";

type Explanation = Schemas["Explanation"];
export interface Finding {
  severity: Schemas["Finding"]["severity"];
  what: string;
  /** Null: what the summary says. */
  why: string | null;
  mend: string | null;
}

/** Of these the page has a list of its own. */
const CONDITIONS = ["Accepted", "Progressing", "Available", "Scalable", "Routable"];

export function listFindings({ findings, summary }: Explanation): Finding[] {
  return findings
    .filter(({ what }) => !CONDITIONS.includes(what))
    .map(({ severity, what, why, mend }) => ({
      severity,
      what,
      why: repeats(why, summary) ? null : why,
      mend: mend === null || repeats(mend, summary) || mend === why ? null : mend,
    }));
}

/** Whether it says the same, maybe behind its reason: `CrashLoopBackOff: ...`. */
export function repeats(text: string, said: string | null): boolean {
  return said !== null && (text === said || text.replace(/^\w+: /, "") === said);
}

export type Heading = "answers" | "asleep" | "halted" | "hindered" | "underway";

/** In a word how it is. */
export function findHeading(status: string, { ready, findings }: Explanation): Heading {
  if (status === "PENDING" && ready) return "asleep";
  if (status === "DISABLED") return "halted";
  if (ready) return "answers";
  return findings.some(({ severity }) => severity === "failure") ? "hindered" : "underway";
}
