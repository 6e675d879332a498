/**
 * What the API says now, asked again and again while the tab is seen. While the API is away, the last answer stays, and
 * `problem` says so.
 */
import { useEffect, useState } from "preact/hooks";
import { address } from "./client";
import { Poll, type Polling } from "./poll";
import type { PathOf, PathParameters, QueryOf, ResultOf } from "./types";

export interface Polled<T> extends Polling<T> {
  /** Asks at once, as after a change. */
  refresh: () => void;
}

interface Target<P extends string> {
  path?: PathParameters<P>;
  query?: QueryOf<P, "get">;
}

/** `usePolled("/instances", 5)`; null instead of a path: nothing is asked. Seconds 0: once, and at `refresh`. */
export function usePolled<P extends PathOf<"get">>(
  path: P | null,
  seconds: number,
  target: Target<P> = {},
): Polled<ResultOf<P, "get">> {
  const url = path === null ? "" : address(path, target.path ?? {}, target.query ?? {});
  return usePolledAddress<ResultOf<P, "get">>(url, seconds);
}

const EMPTY = { data: null, problem: null, at: 0, etag: null };

function usePolledAddress<T>(url: string, seconds: number): Polled<T> {
  const [state, setState] = useState<Polling<T> & { url: string }>({ ...EMPTY, url });
  const [poll, setPoll] = useState<Poll | null>(null);
  useEffect(() => {
    if (!url) return undefined;
    const started = new Poll(url, seconds, (change) =>
      setState((before) => ({ ...(before.url === url ? before : EMPTY), ...(change as Partial<Polling<T>>), url })),
    );
    setPoll(started);
    return () => started.end();
  }, [url, seconds]);
  const { data, problem, at, etag } = state.url === url ? state : EMPTY;
  return { data, problem, at, etag, refresh: () => poll?.ask() };
}
