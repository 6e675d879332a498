/** What the playground may call, and with which key. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { address, get, patch, send, type Problem, type Schemas } from "../../rest/client";
import { usePolled } from "../../rest/polled";
import { buildUnreachable, readProblem } from "../../rest/problem";
import { identity, mayManage } from "../../session";

export type Endpoint = Schemas["Endpoint"];

/** What requests name it by: an image of one's own may have no model. */
export function modelOf({ model, _id }: Endpoint): string {
  return model ?? _id;
}

/** An instance and the key that opens it; "": the session's. */
export interface Target {
  /** In addresses of the page: that of REST, or for another namespace the one that the gateway knows it by. */
  id: string;
  /** For people. */
  name: string;
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

/** A second key and what it opens. */
export interface Lent {
  key: string;
  /** Where it is of another namespace than the session's; "": of the same. */
  namespace: string;
  endpoints: readonly Endpoint[];
}

/** Of this tab's memory, gone when it is loaded anew. */
const lent = signal<Lent | null>(null);

const SECONDS = 5;

/** Everything that there is to choose from, and how it is, every few seconds. */
export function useTargets(): Known {
  const own = usePolled("/endpoints", SECONDS);
  const all = usePolled(mayManage() ? "/instances" : null, 6 * SECONDS);
  useEffect(() => {
    const timer = setInterval(() => void (lent.value && askWithKey(lent.value.key)), SECONDS * 1000);
    return () => clearInterval(timer);
  }, []);
  return {
    ...arrange(own.data ?? [], lent.value, all.data ?? []),
    complete: own.data !== null && (all.data !== null || !mayManage()),
    problem: own.problem,
    refresh: () => {
      own.refresh();
      all.refresh();
    },
  };
}

/** The session's own key before the lent one. */
export function arrange(
  own: readonly Endpoint[],
  borrowed: Lent | null,
  all: readonly Locked[],
): Pick<Known, "targets" | "locked"> {
  const opened = new Set(own.map(({ path }) => path));
  const targets = own.map((endpoint): Target => ({ id: endpoint._id, name: endpoint.name, endpoint, key: "" }));
  for (const endpoint of borrowed?.endpoints ?? []) {
    if (borrowed && !opened.has(endpoint.path)) targets.push(borrow(endpoint, borrowed));
  }
  const ids = new Set(targets.map(({ id }) => id));
  return { targets, locked: all.filter(({ _id }) => !ids.has(_id)) };
}

/** `path` is `v2/<id>/openai/v1`. */
function borrow(endpoint: Endpoint, { key, namespace }: Lent): Target {
  if (!namespace) return { id: endpoint._id, name: endpoint.name, endpoint, key };
  return { id: endpoint.path.split("/")[1] ?? "", name: `${namespace}/${endpoint.name}`, endpoint, key };
}

/** Takes a further key for this tab; why not, where it opens nothing. */
export async function askWithKey(key: string): Promise<Problem | null> {
  const headers = { "x-api-key": key, accept: "application/json" };
  const [whose, opens] = await Promise.all(["/me", "/endpoints"].map((path) => send(address(path), { headers })));
  if (!whose || !opens) return buildUnreachable();
  if (!whose.ok || !opens.ok) return await readProblem(whose.ok ? opens : whose);
  const { namespace } = (await whose.json()) as Schemas["Identity"]; // as the OpenAPI document says
  const endpoints = (await opens.json()) as Endpoint[]; // likewise
  lent.value = { key, namespace: namespace === identity.value?.namespace ? "" : namespace, endpoints };
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
