/** Asking one address again and again. */
import { send, type Problem } from "./client";
import { buildUnreachable, readProblem } from "./problem";

/** What is known from it. */
export interface Polling<T> {
  /** The last good answer; null until there is one. */
  data: T | null;
  /** Why the last try failed; null after one that did not. */
  problem: Problem | null;
  /** When `data` was last confirmed, in milliseconds of the clock; 0: never. */
  at: number;
  etag: string | null;
}

/** One address asked in turns: never twice at once, never while the tab is hidden. */
export class Poll {
  private timer = 0;
  private etag: string | null = null;
  private readonly abort = new AbortController();
  private asking = false;
  private again = false;

  constructor(
    private readonly url: string,
    private readonly seconds: number,
    private readonly tell: (change: Partial<Polling<unknown>>) => void,
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
      this.timer = window.setTimeout(this.onVisible, this.seconds * 1000);
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
