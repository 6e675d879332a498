/** A key as its form has it, and what the API is sent of it. PURE. */
import type { Schemas } from "../../rest/client";

type Key = Schemas["Key"];
type KeyCreate = Schemas["KeyCreate"];
type KeyPatch = Schemas["KeyPatch"];

export interface Draft {
  name: string;
  description: string;
  inference: boolean;
  manage: boolean;
  disabled: boolean;
  /** As an input of type datetime-local has it: the reader's own time. */
  expiresAt: string;
  requestsPerMinute: string;
  tokensPerMinute: string;
  amount: string;
  period: "day" | "month";
  rotationOverlap: string;
}

export const EMPTY: Draft = {
  name: "",
  description: "",
  inference: true,
  manage: false,
  disabled: false,
  expiresAt: "",
  requestsPerMinute: "",
  tokensPerMinute: "",
  amount: "",
  period: "month",
  rotationOverlap: "0",
};

/** The form's fields by the API's paths of them: where its sentences belong. */
export const FIELDS: Record<string, keyof Draft> = {
  name: "name",
  description: "description",
  scopes: "manage",
  expiresAt: "expiresAt",
  "limits.requestsPerMinute": "requestsPerMinute",
  "limits.tokensPerMinute": "tokensPerMinute",
  "budget.amount": "amount",
  rotationOverlap: "rotationOverlap",
};

export function readDraft(key: Key): Draft {
  return {
    name: key.name,
    description: key.description ?? "",
    inference: key.scopes.includes("inference"),
    manage: key.scopes.includes("manage"),
    disabled: key.disabled,
    expiresAt: key.expiresAt ? toLocal(key.expiresAt) : "",
    requestsPerMinute: toText(key.limits.requestsPerMinute),
    tokensPerMinute: toText(key.limits.tokensPerMinute),
    amount: toText(key.budget?.amount),
    period: key.budget?.period ?? "month",
    rotationOverlap: String(key.rotationOverlap),
  };
}

export function buildCreate(draft: Draft): KeyCreate {
  return {
    name: draft.name,
    description: draft.description || null,
    scopes: buildScopes(draft),
    expiresAt: buildMoment(draft.expiresAt),
    limits: buildLimits(draft),
    budget: buildBudget(draft),
    disabled: draft.disabled,
    rotationOverlap: Number(draft.rotationOverlap),
  };
}

/** What differs from the key as it was read; empty: nothing does. */
export function buildPatch(draft: Draft, key: Key): KeyPatch {
  const before = readDraft(key);
  const changed = (...names: (keyof Draft)[]) => names.some((name) => draft[name] !== before[name]);
  return {
    ...(changed("description") && { description: draft.description || null }),
    ...(changed("inference", "manage") && { scopes: buildScopes(draft) }),
    ...(changed("disabled") && { disabled: draft.disabled }),
    ...(changed("expiresAt") && { expiresAt: buildMoment(draft.expiresAt) }),
    ...(changed("requestsPerMinute", "tokensPerMinute") && { limits: buildLimits(draft) }),
    ...(changed("amount", "period") && { budget: buildBudget(draft) }),
    ...(changed("rotationOverlap") && { rotationOverlap: Number(draft.rotationOverlap) }),
  };
}

function buildScopes({ inference, manage }: Draft): KeyCreate["scopes"] {
  return [...(inference ? (["inference"] as const) : []), ...(manage ? (["manage"] as const) : [])];
}

function buildLimits(draft: Draft): Schemas["KeyLimits"] {
  return {
    requestsPerMinute: toNumber(draft.requestsPerMinute),
    tokensPerMinute: toNumber(draft.tokensPerMinute),
  };
}

function buildBudget({ amount, period }: Draft): Schemas["KeyBudget"] | null {
  return amount.trim() ? { amount: Number(amount), period } : null;
}

function buildMoment(local: string): string | null {
  return local ? new Date(local).toISOString() : null;
}

function toLocal(moment: string): string {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function toText(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

function toNumber(text: string): number | null {
  return text.trim() ? Number(text) : null;
}
