/** What the playground may call, and with which key. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { address, get, patch, send, type Problem, type Schemas } from "../../rest/client";
import { usePolled } from "../../rest/polled";
import { buildUnreachable, readProblem } from "../../rest/problem";
import { identity, mayManage } from "../../session";

export type Endpoint = Schemas["Endpoint"];

/** An instance and the key that opens it; "": the session's. */
export interface Target {
  endpoint: Endpoint;
  key: string;
}

/** An instance of the namespace that the session's key may manage, and not call. */
export type Locked = Pick<Schemas["Instance"], "_id" | "name">;

export interface Known {
  targets: Target[];
  locked: Locked[];
  /** Whether everything has answered. */
  complete: boolean;
  problem: Problem | null;
  refresh: () => void;
}

/** A second key and what it opens: of this tab's memory, gone when it is loaded anew. */
const other = signal<{ key: string; endpoints: Endpoint[] } | null>(null);

const SECONDS = 5;

/** Everything that there is to choose from, and how it is, every few seconds. */
export function useTargets(): Known {
  const own = usePolled("/endpoints", SECONDS);
  const all = usePolled(mayManage() ? "/instances" : null, 6 * SECONDS);
  useEffect(() => {
    const timer = setInterval(() => void (other.value && askWithKey(other.value.key)), SECONDS * 1000);
    return () => clearInterval(timer);
  }, []);
  return {
    ...arrange(own.data ?? [], other.value, all.data ?? []),
    complete: own.data !== null && (all.data !== null || !mayManage()),
    problem: own.problem,
    refresh: () => {
      own.refresh();
      all.refresh();
    },
  };
}

/** The session's own key before the other one. Paths are unique, also where names are of two namespaces. */
export function arrange(
  own: readonly Endpoint[],
  lent: { key: string; endpoints: readonly Endpoint[] } | null,
  all: readonly Locked[],
): Pick<Known, "targets" | "locked"> {
  const opened = new Set(own.map(({ path }) => path));
  const further = (lent?.endpoints ?? []).filter(({ path }) => !opened.has(path));
  const targets = [
    ...own.map((endpoint) => ({ endpoint, key: "" })),
    ...further.map((endpoint) => ({ endpoint, key: lent?.key ?? "" })),
  ];
  const names = new Set(targets.map(({ endpoint }) => endpoint._id));
  return { targets, locked: all.filter(({ _id }) => !names.has(_id)) };
}

/** Takes a further key for this tab; why not, where it opens nothing. */
export async function askWithKey(key: string): Promise<Problem | null> {
  const response = await send(address("/endpoints"), { headers: { "x-api-key": key, accept: "application/json" } });
  if (!response) return buildUnreachable();
  if (!response.ok) return await readProblem(response);
  other.value = { key, endpoints: (await response.json()) as Endpoint[] }; // as the OpenAPI document says
  return null;
}

/** Lets the session's key call the instance, which then names it. */
export async function openToOwnKey(id: string): Promise<Problem | null> {
  const name = identity.value?.name;
  const read = await get("/instances/{id}", { path: { id } });
  if (!read.ok) return read.problem;
  if (!name) return null;
  const headers: Record<string, string> = read.etag ? { "if-match": read.etag } : {};
  const body = { apiKeyIds: [...read.data.apiKeysIds, name] };
  const changed = await patch("/instances/{id}", body, { path: { id }, headers });
  return changed.ok ? null : changed.problem;
}

/** Whether a request would wake it, or wait for it. */
export function isAsleep({ status }: Endpoint): boolean {
  return status === "PENDING";
}
