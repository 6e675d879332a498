/** Follows the logs of an instance; what breaks off is taken up again. The key is a header, so EventSource cannot. */
import { useEffect, useState } from "preact/hooks";
import { address, send } from "../../rest/client";
import { readProblem, type Problem } from "../../rest/problem";
import { readEvents } from "../playground/engine/events";
import { append, Resumption, type Block, type Line } from "./log-buffer";

export interface Wanted {
  id: string;
  /** "" : all. */
  pod: string;
  region: string;
  /** Of the containers before their last restart: these write no more. */
  previous: boolean;
}

export interface Log {
  blocks: readonly Block[];
  /** Names of the pods that were heard of. */
  pods: readonly string[];
  state: "opening" | "live" | "away" | "ended";
  problem: Problem | null;
}

const EMPTY: Log = { blocks: [], pods: [], state: "opening", problem: null };
const FIRST_LINES = 500;
/** Milliseconds: between two drawings, and before another try. */
const DRAW = 120;
const PAUSE = 2000;

export function useLog({ id, pod, region, previous }: Wanted): Log {
  const [log, setLog] = useState(EMPTY);
  useEffect(() => {
    setLog((before) => ({ ...EMPTY, pods: before.pods }));
    const stream = new LogStream({ id, pod, region, previous }, (change) => setLog((before) => change(before)));
    void stream.run();
    return () => stream.end();
  }, [id, pod, region, previous]);
  return log;
}

class LogStream {
  private readonly abort = new AbortController();
  private readonly resumption = new Resumption();
  private waiting: Line[] = [];
  private timer = 0;

  constructor(
    private readonly wanted: Wanted,
    private readonly tell: (change: (before: Log) => Log) => void,
  ) {}

  end(): void {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  async run(): Promise<void> {
    for (;;) {
      const goOn = await this.exchange().catch(() => true); // broke off, or nobody listens any more
      if (this.abort.signal.aborted) return;
      this.draw();
      if (!goOn) return;
      this.tell((before) => ({ ...before, state: "away" }));
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** Whether another try makes sense. */
  private async exchange(): Promise<boolean> {
    const { previous } = this.wanted;
    const headers = { accept: previous ? "application/json" : "text/event-stream" };
    const response = await send(this.address(), { headers, signal: this.abort.signal });
    if (!response) return true;
    if (!response.ok) {
      const problem = await readProblem(response);
      this.tell((before) => ({ ...before, problem }));
      return problem.status >= 500;
    }
    this.tell((before) => ({ ...before, state: "live", problem: null }));
    if (previous) {
      this.waiting = (await response.json()) as Line[]; // as the API's document says
      this.draw();
      this.tell((before) => ({ ...before, state: "ended" }));
      return false;
    }
    if (response.body) await this.read(response.body);
    return true;
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    for await (const { kind, text } of readEvents(body)) {
      if (kind !== "data") continue;
      const line = JSON.parse(text) as Line; // as the API's document says
      if (!this.resumption.isNew(line)) continue;
      this.waiting.push(line);
      this.timer ||= window.setTimeout(() => this.draw(), DRAW);
    }
  }

  /** Many lines at once: a log may have thousands in a second. */
  private draw(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    const lines = this.waiting;
    this.waiting = [];
    if (lines.length === 0) return;
    this.tell((before) => {
      const pods = new Set([...before.pods, ...lines.map(({ pod }) => pod)]);
      const same = pods.size === before.pods.length;
      return { ...before, blocks: append(before.blocks, lines), pods: same ? before.pods : [...pods].sort() };
    });
  }

  private address(): string {
    const { id, pod, region, previous } = this.wanted;
    const since = this.resumption.begin();
    const chosen = { pod: pod || null, regionId: region || null, tail: since ? 10_000 : FIRST_LINES, since };
    return address("/instances/{id}/logs", { id }, { ...chosen, ...(previous ? { previous } : { follow: true }) });
  }
}
