/** Requests to an instance's engine, on the page's own host. */
import { send } from "../../../rest/client";
import { t } from "../../../strings";
import type { Target } from "../targets";
import { addChunk, beginAnswer, endAnswer, holdAnswer, type Answer } from "./answer";
import { parse, readChunk, readRefusal } from "./chunks";
import { readEvents } from "./events";

/** The gateway says every so many seconds that the request waits for a replica. */
const HEARTBEAT = "heartbeat=5";
/** Milliseconds between two pictures of an answer that grows. */
const FRAME = 40;

/** The OpenAI-compatible API of an instance; ends in /v1. */
export function baseOf({ endpoint }: Target): string {
  return new URL(endpoint.path, document.baseURI).href;
}

export interface Ask {
  target: Target;
  /** Below /v1. */
  path: string;
  body: Record<string, unknown> | FormData;
  signal: AbortSignal;
}

/** Asks, and tells the answer as it grows; the last one told has ended. Never throws. */
export async function streamAnswer(ask: Ask, tell: (answer: Answer) => void): Promise<void> {
  let answer = beginAnswer(Date.now());
  let timer = 0;
  const paint = () => {
    timer ||= window.setTimeout(() => {
      timer = 0;
      tell(answer);
    }, FRAME);
  };
  tell(answer);
  try {
    for await (const next of follow(ask, answer)) {
      answer = next;
      paint();
    }
    answer = endAnswer(answer, "done", Date.now());
  } catch (error) {
    answer = ask.signal.aborted
      ? endAnswer(answer, "stopped", Date.now())
      : endAnswer(answer, "failed", Date.now(), error instanceof Refused ? error.message : t("playground.brokeOff"));
  }
  clearTimeout(timer);
  tell(answer);
}

/** What an engine or the gateway said instead of an answer. */
export class Refused extends Error {}

async function* follow(ask: Ask, begun: Answer): AsyncGenerator<Answer> {
  const response = await request(ask, { accept: "text/event-stream", prefer: HEARTBEAT });
  let answer = begun;
  if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const whole = readChunk(await response.text());
    if (whole) yield addChunk(answer, whole, Date.now());
    return;
  }
  for await (const { kind, text } of readEvents(response.body)) {
    if (kind === "data" && text === "[DONE]") return;
    const chunk = kind === "data" ? readChunk(text) : null;
    answer = chunk ? addChunk(answer, chunk, Date.now()) : holdAnswer(answer);
    yield answer;
  }
}

/** One answer as a whole. Throws Refused, with the words of who refused. */
export async function askOnce(ask: Ask): Promise<Record<string, unknown>> {
  const response = await request(ask, { accept: "application/json" });
  const text = await response.text();
  const found = parse(text);
  if (!found) throw new Refused(readRefusal(response.status, text));
  return found;
}

async function request({ target, path, body, signal }: Ask, headers: Record<string, string>): Promise<Response> {
  const form = body instanceof FormData;
  const response = await send(`${baseOf(target)}/${path}`, {
    method: "POST",
    headers: {
      ...headers,
      ...(form ? {} : { "content-type": "application/json" }),
      ...(target.key ? { "x-api-key": target.key } : {}),
    },
    body: form ? body : JSON.stringify(body),
    signal,
  });
  if (!response) throw new Refused(t("playground.unreachable"));
  if (!response.ok) throw new Refused(readRefusal(response.status, await response.text()));
  return response;
}
