import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Poll, type Polling } from "./poll";

const URL = "https://ai.example.com/ai-inference/instances";
let answers: (() => Response | Promise<Response>)[] = [];
let asked: Headers[] = [];
let known: Partial<Polling<unknown>>[] = [];
let poll: Poll | null = null;

function start(seconds = 5): Poll {
  poll = new Poll(URL, seconds, (change) => known.push(change));
  return poll;
}

function say(body: unknown, status = 200, headers: Record<string, string> = {}): () => Response {
  const content = status === 304 ? null : JSON.stringify(body);
  return () => new Response(content, { status, headers: { "content-type": "application/json", ...headers } });
}

function see(visible: boolean): void {
  Object.assign(document, { hidden: !visible });
  document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  asked = [];
  known = [];
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers));
    const answer = answers.shift();
    return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError("nobody is there"));
  });
});

afterEach(() => {
  poll?.end();
  see(true);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("asks at once, and again after so many seconds", async () => {
  answers = [say([1]), say([2])];
  start();
  await vi.advanceTimersByTimeAsync(0);
  expect(known).toMatchObject([{ data: [1], problem: null }]);
  await vi.advanceTimersByTimeAsync(4999);
  expect(known).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(known[1]).toMatchObject({ data: [2] });
});

it("tells what it has, and is told no more than that it is still so", async () => {
  answers = [say([1], 200, { etag: '"a"' }), say(null, 304)];
  start();
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked.map((headers) => headers.get("if-none-match"))).toEqual([null, '"a"']);
  expect(known[1]).toMatchObject({ problem: null });
  expect(known[1]).not.toHaveProperty("data");
});

it("keeps what it knows while the API is away, says so, and asks on", async () => {
  answers = [say([1])];
  start();
  await vi.advanceTimersByTimeAsync(5000);
  expect(known[1]).toMatchObject({ problem: { status: 0 } });
  expect(known[1]).not.toHaveProperty("data");
  answers = [say([2])];
  await vi.advanceTimersByTimeAsync(5000);
  expect(known[2]).toMatchObject({ data: [2], problem: null });
});

it("repeats the API's own words of a refusal", async () => {
  answers = [say({ status: 503, detail: "The ledger does not answer.", title: "", requestId: "7", errors: [] }, 503)];
  start();
  await vi.advanceTimersByTimeAsync(0);
  expect(known[0]?.problem?.detail).toBe("The ledger does not answer.");
});

it("rests while the tab is hidden, and asks at once when it is seen again", async () => {
  answers = [say([1]), say([2])];
  start();
  await vi.advanceTimersByTimeAsync(0);
  see(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
  see(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(known.at(-1)).toMatchObject({ data: [2] });
});

it("asks once more after a change that came while it was asking", async () => {
  let release: (response: Response) => void = () => undefined;
  answers = [() => new Promise((resolve) => (release = resolve)), say([2])];
  const started = start(0);
  started.ask();
  started.ask();
  release(say([1])());
  await vi.advanceTimersByTimeAsync(0);
  expect(known.map(({ data }) => data)).toEqual([[1], [2]]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(2);
});

it("is silent after its end", async () => {
  answers = [say([1])];
  start().end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
});
