import type { ComponentChildren } from "preact";

export type Tone = "" | "good" | "warn" | "bad" | "busy";

export function Badge({
  tone = "",
  dot = false,
  children,
}: {
  tone?: Tone;
  dot?: boolean;
  children: ComponentChildren;
}) {
  return <span class={`badge ${tone} ${dot ? "dot" : ""}`}>{children}</span>;
}

const TONES: Record<string, Tone> = {
  ACTIVE: "good",
  PARTIALLYDEPLOYED: "warn",
  ERROR: "bad",
  NEW: "busy",
  DEPLOYING: "busy",
  DELETING: "busy",
};

/** An instance's status as REST says it; asleep and stopped are quiet. */
export function phaseTone(status: string): Tone {
  return TONES[status] ?? "";
}
