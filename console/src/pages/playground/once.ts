/** A request whose answer comes as a whole: under way, answered, refused. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../strings";
import { Refused } from "./engine/call";

export interface Once<T> {
  result: T | null;
  error: string;
  /** When it was asked, in milliseconds of the clock; null: nothing is under way. */
  since: number | null;
  /** Milliseconds that the last answer took. */
  took: number | null;
  run: (ask: (signal: AbortSignal) => Promise<T>) => Promise<void>;
  stop: () => void;
}

/** One at a time; it ends when the page is left. */
export function useOnce<T>(): Once<T> {
  const [state, setState] = useState<Omit<Once<T>, "run" | "stop">>({
    result: null,
    error: "",
    since: null,
    took: null,
  });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const run = async (ask: (signal: AbortSignal) => Promise<T>) => {
    abort.current?.abort();
    const current = new AbortController();
    abort.current = current;
    const since = Date.now();
    setState({ result: null, error: "", since, took: null });
    try {
      const result = await ask(current.signal);
      if (!current.signal.aborted) setState({ result, error: "", since: null, took: Date.now() - since });
    } catch (error) {
      if (current.signal.aborted) return;
      setState({
        result: null,
        error: error instanceof Refused ? error.message : t("playground.brokeOff"),
        since: null,
        took: null,
      });
    }
  };
  const stop = () => {
    abort.current?.abort();
    setState((before) => ({ ...before, since: null }));
  };
  return { ...state, run, stop };
}
