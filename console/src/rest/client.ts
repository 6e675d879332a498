/**
 * The REST API, typed by its OpenAPI document: `await get("/instances/{id}", {path: {id}})` is `{ok, data}` or
 * `{ok: false, problem}`; nothing throws but an abort. A 401 ends the session with the API's own sentence.
 */
import { endSession, key } from "../session";
import { buildUnreachable, readProblem, type Problem } from "./problem";
import type { BodyOf, Method, PathOf, PathParameters, QueryOf, ResultOf } from "./types";

export type { Problem } from "./problem";
export type { Schemas } from "./types";

export interface Done<T> {
  ok: true;
  data: T;
  status: number;
  etag: string | null;
}
export interface Refused {
  ok: false;
  problem: Problem;
}
export type Answer<T> = Done<T> | Refused;

/** Headers; undefined leaves one out. */
export type Wanted = Record<string, string | undefined>;

export interface Options<P extends string, M extends Method> {
  path?: PathParameters<P>;
  query?: QueryOf<P, M>;
  headers?: Wanted;
  signal?: AbortSignal;
}

/** A path below /ai-inference, wherever a proxy has put the console. */
export function address(path: string, parameters: object = {}, query: object = {}): string {
  const values = new Map<string, unknown>(Object.entries(parameters));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values.get(name))));
  const url = new URL(`ai-inference${filled}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) url.searchParams.append(name, String(each));
    }
  }
  return url.href;
}

/** A request with the key, for what is no JSON: streams, CSV, YAML. Null: nobody answered. */
export async function send(url: string, init: RequestInit = {}): Promise<Response | null> {
  const headers = new Headers(init.headers);
  if (key.value && !headers.has("x-api-key")) headers.set("x-api-key", key.value);
  try {
    const response = await fetch(url, { ...init, headers, cache: "no-store", credentials: "omit", redirect: "error" });
    // another key may have come in meanwhile: then this answer says nothing of the session
    const ended = response.status === 401 && key.value !== "" && headers.get("x-api-key") === key.value;
    if (ended) endSession((await readProblem(response.clone())).detail);
    return response;
  } catch (error) {
    if (init.signal?.aborted) throw error;
    return null;
  }
}

async function exchange<T>(url: string, init: RequestInit): Promise<Answer<T>> {
  const response = await send(url, init);
  if (!response) return { ok: false, problem: buildUnreachable() };
  if (!response.ok) return { ok: false, problem: await readProblem(response) };
  return {
    ok: true,
    data: (await readBody(response)) as T,
    status: response.status,
    etag: response.headers.get("etag"),
  };
}

function pick(wanted: Wanted): [string, string][] {
  return Object.entries(wanted).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

async function readBody(response: Response): Promise<unknown> {
  if (response.status === 204) return null;
  const type = response.headers.get("content-type") ?? "";
  return type.includes("json") ? await response.json() : await response.text();
}

function call<P extends string, M extends Method>(
  method: M,
  path: P,
  options: Options<P, M>,
  body?: object,
): Promise<Answer<ResultOf<P, M>>> {
  return exchange(address(path, options.path ?? {}, options.query ?? {}), {
    method: method.toUpperCase(),
    headers: pick({ accept: "application/json", ...options.headers, "content-type": body && "application/json" }),
    signal: options.signal ?? null,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export function get<P extends PathOf<"get">>(path: P, options: Options<P, "get"> = {}) {
  return call("get", path, options);
}

export function post<P extends PathOf<"post">>(path: P, body?: BodyOf<P, "post">, options: Options<P, "post"> = {}) {
  return call("post", path, options, body);
}

export function patch<P extends PathOf<"patch">>(path: P, body: BodyOf<P, "patch">, options: Options<P, "patch"> = {}) {
  return call("patch", path, options, body);
}

export function del<P extends PathOf<"delete">>(path: P, options: Options<P, "delete"> = {}) {
  return call("delete", path, options);
}

/** The same route as text of another type: `getText("/instances/{id}", "application/yaml", {path: {id}})`. */
export function getText<P extends PathOf<"get">>(
  path: P,
  accept: string,
  options: Options<P, "get"> = {},
): Promise<Answer<string>> {
  return exchange(address(path, options.path ?? {}, options.query ?? {}), {
    headers: pick({ ...options.headers, accept }),
    signal: options.signal ?? null,
  });
}

/** What a change would be, as text of another type: dry runs as YAML. */
export function sendText<P extends string, M extends "post" | "patch">(
  method: M,
  path: P & PathOf<M>,
  body: BodyOf<P, M>,
  { accept, ...options }: Options<P, M> & { accept: string },
): Promise<Answer<string>> {
  return exchange(address(path, options.path ?? {}, options.query ?? {}), {
    method: method.toUpperCase(),
    headers: pick({ ...options.headers, accept, "content-type": "application/json" }),
    body: JSON.stringify(body),
    signal: options.signal ?? null,
  });
}
