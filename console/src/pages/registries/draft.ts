/** A registry as its form has it, and what the API is sent of it. PURE. */
import type { Schemas } from "../../rest/client";

export type Registry = Schemas["Registry"];

export interface Draft {
  name: string;
  url: string;
  username: string;
  /** Never that of the registry: the API shows none. Empty: it stays as it is. */
  password: string;
  insecure: boolean;
  caBundle: string;
}

export const EMPTY: Draft = { name: "", url: "", username: "", password: "", insecure: false, caBundle: "" };
/** Fields that the API's sentences stand beside. */
export const SHOWN = Object.keys(EMPTY);

export function readDraft({ name, url, username, insecure, caBundle }: Registry): Draft {
  return { name, url, username: username ?? "", password: "", insecure, caBundle: caBundle ?? "" };
}

export function buildCreate({ name, url, username, password, insecure, caBundle }: Draft): Schemas["RegistryCreate"] {
  return {
    ...{ name, url, username: username || null, password: password || null },
    ...(insecure && { insecure }),
    ...(caBundle.trim() && { caBundle }),
  };
}

/** What differs from the registry as it was read. Without a user name it needs no password either: it is an open one. */
export function buildPatch(draft: Draft, registry: Registry): Schemas["RegistryPatch"] {
  const before = readDraft(registry);
  const opened = before.username !== "" && draft.username === "";
  return {
    ...(draft.url !== before.url && { url: draft.url }),
    ...(draft.username !== before.username && { username: draft.username || null }),
    ...(draft.insecure !== before.insecure && { insecure: draft.insecure }),
    ...(draft.caBundle !== before.caBundle && { caBundle: draft.caBundle.trim() ? draft.caBundle : null }),
    ...(opened ? { password: null } : draft.password !== "" && { password: draft.password }),
  };
}
