/**
 * What the API says now, asked again and again while the tab is seen. While the API is away, the last answer stays, and
 * `problem` says so.
 */
import { useEffect, useState } from "preact/hooks";
import { address, send, type Problem } from "./client";
import { buildUnreachable, readProblem } from "./problem";
import type { PathOf, PathParameters, QueryOf, ResultOf } from "./types";

export interface Polled<T> {
  /** The last good answer; null until there is one. */
  data: T | null;
  /** Why the last try failed; null after one that did not. */
  problem: Problem | null;
  /** When `data` was last confirmed, in milliseconds of the clock; 0: never. */
  at: number;
  etag: string | null;
  /** Asks at once, as after a change. */
  refresh: () => void;
}

interface Target<P extends string> {
  path?: PathParameters<P>;
  query?: QueryOf<P, "get">;
}

type State<T> = Omit<Polled<T>, "refresh">;

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
  const [state, setState] = useState<State<T> & { url: string }>({ ...EMPTY, url });
  const [poll, setPoll] = useState<Poll | null>(null);
  useEffect(() => {
    if (!url) return undefined;
    const started = new Poll(url, seconds, (change) =>
      setState((before) => ({ ...(before.url === url ? before : EMPTY), ...(change as Partial<State<T>>), url })),
    );
    setPoll(started);
    return () => started.end();
  }, [url, seconds]);
  const { data, problem, at, etag } = state.url === url ? state : EMPTY;
  return { data, problem, at, etag, refresh: () => poll?.ask() };
}

/** One address asked in turns: never twice at once, never while the tab is hidden. */
class Poll {
  private timer = 0;
  private etag: string | null = null;
  private readonly abort = new AbortController();
  private asking = false;
  private again = false;

  constructor(
    private readonly url: string,
    private readonly seconds: number,
    private readonly tell: (change: Partial<State<unknown>>) => void,
  ) {
    document.addEventListener("visibilitychange", this.onVisible);
    this.ask();
  }

  end(): void {
    document.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.timer);
    this.abort.abort();
  }

  ask(): void {
    clearTimeout(this.timer);
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    void this.exchange()
      .catch(() => undefined) // aborted: nobody listens any more
      .finally(() => this.plan());
  }

  private readonly onVisible = (): void => {
    if (!document.hidden && this.seconds > 0) this.ask();
  };

  private plan(): void {
    this.asking = false;
    if (this.abort.signal.aborted) return;
    if (this.again) {
      this.again = false;
      this.ask();
    } else if (this.seconds > 0 && !document.hidden) {
      this.timer = window.setTimeout(() => this.ask(), this.seconds * 1000);
    }
  }

  private async exchange(): Promise<void> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (this.etag) headers["if-none-match"] = this.etag;
    const response = await send(this.url, { headers, signal: this.abort.signal });
    if (!response) this.tell({ problem: buildUnreachable() });
    else if (response.status === 304) this.tell({ problem: null, at: Date.now() });
    else if (!response.ok) this.tell({ problem: await readProblem(response) });
    else {
      const data: unknown = await response.json();
      this.etag = response.headers.get("etag");
      this.tell({ data, problem: null, at: Date.now(), etag: this.etag });
    }
  }
}
