/** Routes are in the hash (`#/instances/chat?tab=logs`): any sub-path and any port-forward serves them alike. */
import { signal } from "@preact/signals";

export interface Route {
  /** `["instances", "chat"]` */
  path: string[];
  query: URLSearchParams;
}

export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Stands in routes where an id of an instance would: none can be called so. */
export const NEW = "_new";

/** `link("instances", id)` -> `#/instances/<id>`, for href. */
export function link(...path: string[]): string {
  return `#/${path.map(encodeURIComponent).join("/")}`;
}

export const route = signal<Route>(readRoute(location.hash));

addEventListener("hashchange", () => {
  route.value = readRoute(location.hash);
});

/** Goes to a page: `go(link("instances"))`. */
export function go(hash: string): void {
  location.hash = hash;
}

/** Changes the query of this page in its place: filters and tabs, which a reload keeps and "back" skips. */
export function setQuery(changes: Record<string, string>): void {
  const query = new URLSearchParams(route.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  const hash = link(...route.value.path) + (text ? `?${text}` : "");
  history.replaceState(null, "", hash);
  route.value = readRoute(hash);
}
