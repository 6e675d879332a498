import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer } from "./engine/answer";
import { DEFAULTS } from "./settings";
import type { Talk } from "./talk";
import type { Target } from "./targets";

interface Seen {
  url: string;
  key: string | undefined;
  body: { model: string; messages: { role: string; content: string }[] };
  closed: boolean;
}
type Script = (response: ServerResponse, seen: Seen) => void | Promise<void>;

const say = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
const head = (response: ServerResponse) => response.writeHead(200, { "content-type": "text/event-stream" });

/** Answers with the text of the last message. */
const ECHO: Script = (response, { body }) => {
  head(response).write(say("You said: "));
  response.end(`${say(body.messages.at(-1)?.content ?? "")}data: [DONE]\n\n`);
};

/** An engine over HTTP. */
class Engine {
  readonly seen: Seen[] = [];
  script = ECHO;
  readonly server: Server = createServer((request, response) => void this.take(request, response));

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text) as Seen["body"];
    const key = request.headers["x-api-key"];
    const seen = { url: request.url ?? "", key: typeof key === "string" ? key : undefined, body, closed: false };
    response.on("close", () => (seen.closed = !response.writableFinished));
    this.seen.push(seen);
    await this.script(response, seen);
  }
}

function target(id: string, key = ""): Target {
  const endpoint = {
    _id: id,
    name: id,
    status: "ACTIVE",
    features: ["chat"],
    model: `model-of-${id}`,
    path: `v2/${id}/openai/v1`,
  };
  return { id, name: id, endpoint, key };
}

const ONE = target("one");
const OTHER = target("other", "inf-lent");
const question = (text: string) => ({ text, pictures: [] });

describe("a talk", () => {
  let engine: Engine;
  let talk: Talk;
  beforeAll(async () => {
    engine = new Engine();
    await new Promise<void>((resolve) => engine.server.listen(0, "127.0.0.1", resolve));
    const { port } = engine.server.address() as AddressInfo;
    Object.assign(document, { baseURI: `http://127.0.0.1:${port}/below/` });
  });
  afterAll(() => engine.server.close());
  beforeEach(async () => {
    engine.seen.length = 0;
    engine.script = ECHO;
    talk = new (await import("./talk")).Talk("chat");
  });
  afterEach(() => talk.clear());

  const answerOf = (turn: number, { endpoint }: Target): Answer | undefined =>
    talk.turns.value[turn]?.answers[endpoint.path];
  const ended = (turn: number, of: Target) => vi.waitFor(() => expect(answerOf(turn, of)?.ended).not.toBeNull(), 5000);

  it("is told to both instances, each with its own answers and its own key", async () => {
    talk.ask(question("a"), [ONE, OTHER], DEFAULTS);
    await ended(0, ONE);
    await ended(0, OTHER);
    talk.ask(question("b"), [ONE, OTHER], { ...DEFAULTS, system: "Be kind." });
    await ended(1, ONE);
    await ended(1, OTHER);
    expect(answerOf(1, OTHER)).toMatchObject({ text: "You said: b", state: "done", error: "" });
    expect(
      engine.seen
        .map(({ url }) => url)
        .sort()
        .slice(-1),
    ).toEqual(["/below/v2/other/openai/v1/chat/completions"]);
    const last = engine.seen.filter(({ key }) => key === "inf-lent").at(-1);
    expect(last?.body).toMatchObject({
      model: "model-of-other",
      stream: true,
      messages: [
        { role: "system", content: "Be kind." },
        { role: "user", content: "a" },
        { role: "assistant", content: "You said: a" },
        { role: "user", content: "b" },
      ],
    });
    expect(engine.seen.filter(({ key }) => key === undefined)).toHaveLength(2);
  });

  it("says that an answer waits for a replica", async () => {
    let wake = () => undefined as unknown;
    engine.script = (response) => {
      head(response).write(": waiting\n\n");
      wake = () => response.end(say("awake"));
    };
    talk.ask(question("a"), [ONE], DEFAULTS);
    await vi.waitFor(() => expect(answerOf(0, ONE)?.state).toBe("held"));
    wake();
    await ended(0, ONE);
    expect(answerOf(0, ONE)).toMatchObject({ text: "awake", state: "done" });
  });

  it("that is stopped keeps what came, and the engine's work ends", async () => {
    engine.script = (response) => void head(response).write(say("so far"));
    talk.ask(question("a"), [ONE], DEFAULTS);
    await vi.waitFor(() => expect(answerOf(0, ONE)?.text).toBe("so far"));
    talk.stop();
    await ended(0, ONE);
    expect(answerOf(0, ONE)).toMatchObject({ text: "so far", state: "stopped", error: "" });
    await vi.waitFor(() => expect(engine.seen[0]?.closed).toBe(true));
  });

  it("tells why an answer was refused, in the words of who refused", async () => {
    engine.script = (response) => {
      response.writeHead(400).end('{"error": {"message": "this model sees no pictures"}}');
    };
    talk.ask(question("a"), [ONE], DEFAULTS);
    await ended(0, ONE);
    expect(answerOf(0, ONE)).toMatchObject({ state: "failed", error: "this model sees no pictures" });
  });

  it("tells that an answer broke off", async () => {
    engine.script = (response) => {
      head(response).write(say("half"));
      setTimeout(() => response.destroy(), 50);
    };
    talk.ask(question("a"), [ONE], DEFAULTS);
    await ended(0, ONE);
    expect(answerOf(0, ONE)).toMatchObject({ text: "half", state: "failed" });
    expect(answerOf(0, ONE)?.error).toMatch(/broke off/);
  });

  it("goes on from a message that is edited, and forgets what came after it", async () => {
    for (const [turn, text] of ["a", "b", "c"].entries()) {
      talk.ask(question(text), [ONE], DEFAULTS);
      await ended(turn, ONE);
    }
    talk.edit(talk.turns.value[1]?.id ?? 0, "B", [ONE], DEFAULTS);
    await ended(1, ONE);
    expect(talk.turns.value.map(({ text }) => text)).toEqual(["a", "B"]);
    expect(engine.seen.at(-1)?.body.messages.map(({ content }) => content)).toEqual(["a", "You said: a", "B"]);
  });

  it("is asked again of one instance alone, also while that still answers", async () => {
    engine.script = (response) => void head(response).write(say("slow"));
    talk.ask(question("a"), [ONE, OTHER], DEFAULTS);
    await vi.waitFor(() => expect(answerOf(0, ONE)?.text).toBe("slow"));
    engine.script = ECHO;
    talk.retry(talk.turns.value[0]?.id ?? 0, ONE, DEFAULTS);
    await vi.waitFor(() => expect(answerOf(0, ONE)?.text).toBe("You said: a"));
    await vi.waitFor(() => expect(engine.seen.find(({ key }) => key === undefined)?.closed).toBe(true));
    expect(answerOf(0, ONE)?.state).toBe("done");
    expect(answerOf(0, OTHER)?.state).toBe("streaming");
  });
});
