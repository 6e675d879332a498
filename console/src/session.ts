/**
 * Whose key this tab works with. It is kept in the tab's sessionStorage alone: in no URL, no cookie, no localStorage.
 *
 * A session ends by loading the page anew: so nothing that pages kept in memory outlives it.
 */
import { signal } from "@preact/signals";
import type { components } from "./rest/schema";

export type Identity = components["schemas"]["Identity"];

const KEY = "inferops.key";
const FAREWELL = "inferops.farewell";

/** The API key, or "" without a session. */
export const key = signal(sessionStorage.getItem(KEY) ?? "");
/** Whose key it is; null until the API has said so. */
export const identity = signal<Identity | null>(null);

/** Why the last session ended, once: "" where the user ended it. */
export function takeFarewell(): string {
  const sentence = sessionStorage.getItem(FAREWELL) ?? "";
  sessionStorage.removeItem(FAREWELL);
  return sentence;
}

export function beginSession(secret: string, whose: Identity): void {
  sessionStorage.setItem(KEY, secret);
  identity.value = whose;
  key.value = secret;
}

/** Signs out; `sentence`: why, where it was not the user's wish. */
export function endSession(sentence = ""): void {
  sessionStorage.clear();
  if (sentence) sessionStorage.setItem(FAREWELL, sentence);
  key.value = "";
  identity.value = null;
  location.reload();
}

/** Whether the key may do more than to call models. */
export function mayManage(): boolean {
  return identity.value?.scopes.includes("manage") ?? false;
}
