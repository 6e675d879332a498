/** An answer as it grows, and how fast. PURE. */
import type { Chunk, Usage } from "./chunks";

export interface Answer {
  text: string;
  thought: string;
  /** Why it failed; empty: it did not. */
  error: string;
  state: "waiting" | "held" | "streaming" | "done" | "stopped" | "failed";
  /** Milliseconds of the clock. */
  asked: number;
  first: number | null;
  ended: number | null;
  usage: Usage | null;
  /** Events with text: about the tokens, where the engine never says how many. */
  pieces: number;
  reason: string;
}

export function beginAnswer(now: number): Answer {
  return {
    text: "",
    thought: "",
    error: "",
    state: "waiting",
    asked: now,
    first: null,
    ended: null,
    usage: null,
    pieces: 0,
    reason: "",
  };
}

/** With one event more. */
export function addChunk(answer: Answer, chunk: Chunk, now: number): Answer {
  const speaks = chunk.text !== "" || chunk.thought !== "";
  return {
    ...answer,
    text: answer.text + chunk.text,
    thought: answer.thought + chunk.thought,
    error: chunk.error || answer.error,
    state: speaks ? "streaming" : answer.state,
    first: answer.first ?? (speaks ? now : null),
    usage: chunk.usage ?? answer.usage,
    pieces: answer.pieces + (speaks ? 1 : 0),
    reason: chunk.reason || answer.reason,
  };
}

/** The gateway says that the request waits for a replica. */
export function holdAnswer(answer: Answer): Answer {
  return answer.state === "waiting" ? { ...answer, state: "held" } : answer;
}

export function endAnswer(answer: Answer, state: "done" | "stopped" | "failed", now: number, error = ""): Answer {
  const told = error || answer.error;
  return { ...answer, state: told ? "failed" : state, error: told, ended: now };
}

export function isRunning({ state }: Answer): boolean {
  return state === "waiting" || state === "held" || state === "streaming";
}

export interface Speed {
  /** Milliseconds to the first token; null: none came. */
  first: number | null;
  prompt: number | null;
  completion: number | null;
  /** Whether the completion was counted by its events. */
  guessed: boolean;
  /** Tokens a second after the first one; of all of them, where they came at once. */
  rate: number | null;
}

export function measure({ asked, first, ended, usage, pieces }: Answer): Speed {
  const completion = usage?.completion ?? (pieces > 0 ? pieces : null);
  const rate =
    completion === null || first === null || ended === null ? null : rateOf(completion, { asked, first, ended });
  const toFirst = first === null ? null : first - asked;
  return { first: toFirst, prompt: usage?.prompt ?? null, completion, guessed: usage === null, rate };
}

/** Milliseconds within which all came at once: from an engine that is done before its answer has arrived. */
const BURST = 20;

function rateOf(
  tokens: number,
  { asked, first, ended }: { asked: number; first: number; ended: number },
): number | null {
  if (tokens > 1 && ended - first > BURST) return (tokens - 1) / ((ended - first) / 1000);
  return ended > asked ? tokens / ((ended - asked) / 1000) : null;
}
