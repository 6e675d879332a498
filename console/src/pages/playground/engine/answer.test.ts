import { describe, expect, it } from "vitest";
import { findWrong, DEFAULTS, readSampling } from "../settings";
import { modesOf } from "../modes";
import { addChunk, beginAnswer, endAnswer, holdAnswer, measure } from "./answer";
import { buildChat, buildMessages } from "./bodies";
import { readChunk, readRefusal, type Chunk } from "./chunks";
import { condense, cosine, summarize } from "./vectors";

function chunk(data: unknown): Chunk {
  const read = readChunk(JSON.stringify(data));
  if (!read) throw new Error("no chunk");
  return read;
}

const text = (content: string) => chunk({ choices: [{ delta: { content } }] });

describe("an answer", () => {
  it("grows, and knows how fast it was", () => {
    let answer = holdAnswer(beginAnswer(1000));
    expect(answer.state).toBe("held");
    answer = addChunk(answer, chunk({ choices: [{ delta: { role: "assistant", content: "" } }] }), 1200);
    answer = addChunk(answer, text("Hel"), 1500);
    answer = addChunk(answer, text("lo"), 2000);
    answer = addChunk(answer, chunk({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 11 } }), 2500);
    answer = endAnswer(answer, "done", 2500);
    expect(answer).toMatchObject({ text: "Hello", state: "done", error: "" });
    expect(measure(answer)).toEqual({ first: 500, prompt: 9, completion: 11, guessed: false, rate: 10 });
  });

  it("that was stopped counts what came", () => {
    const answer = endAnswer(addChunk(addChunk(beginAnswer(0), text("a"), 100), text("b"), 600), "stopped", 600);
    expect(measure(answer)).toEqual({ first: 100, prompt: null, completion: 2, guessed: true, rate: 2 });
  });

  it("that came at once is measured from its question", () => {
    const answer = endAnswer(addChunk(beginAnswer(0), text("a"), 500), "done", 500);
    expect(measure(answer)).toMatchObject({ first: 500, completion: 1, rate: 2 });
  });

  it("that never began has no speed", () => {
    expect(measure(endAnswer(beginAnswer(0), "stopped", 600))).toMatchObject({
      first: null,
      completion: null,
      rate: null,
    });
  });

  it("that breaks in its middle keeps what came, and the reason", () => {
    const broken = addChunk(addChunk(beginAnswer(0), text("a"), 1), chunk({ error: { message: "revoked" } }), 2);
    expect(endAnswer(broken, "done", 3)).toMatchObject({ text: "a", error: "revoked", state: "failed" });
  });

  it.each(["[DONE]", "nonsense", "null", "3"])("takes nothing from %s", (data) => {
    expect(readChunk(data)).toBeNull();
  });

  it.each([{}, { choices: null }, { choices: [null] }, { choices: [{ delta: { content: 3 } }] }, { choices: {} }])(
    "takes no harm from %j",
    (data) => {
      expect(chunk(data)).toMatchObject({ text: "", error: "" });
    },
  );

  it("tells thoughts apart", () => {
    expect(chunk({ choices: [{ delta: { reasoning_content: "hm" } }] })).toMatchObject({ text: "", thought: "hm" });
    expect(chunk({ choices: [{ delta: { reasoning: "hm" } }] })).toMatchObject({ text: "", thought: "hm" });
  });
});

describe("a refusal", () => {
  it.each([
    [404, '{"error": {"message": "no such model", "code": 404}}', "no such model"],
    [400, '{"object": "error", "message": "not multimodal"}', "not multimodal"],
    [422, '{"detail": "a field is wrong"}', "a field is wrong"],
    [502, "<html><h1>Bad\n Gateway</h1></html>", "502 Bad Gateway"],
    [503, "", "503 "],
  ])("%i is told in the words of who refused", (status, body, told) => {
    expect(readRefusal(status, body)).toBe(told);
  });
});

describe("a request", () => {
  it("has only what was set", () => {
    const written = { ...DEFAULTS, temperature: "0.2", top_k: " 40 ", seed: "-7" };
    expect(buildChat("m", [], readSampling(written))).toEqual({
      ...{ model: "m", messages: [], temperature: 0.2, top_k: 40, seed: -7 },
      ...{ stream: true, stream_options: { include_usage: true } },
    });
  });

  it.each([
    ["temperature", "2.1"],
    ["temperature", "hot"],
    ["top_p", "-1"],
    ["top_k", "1.5"],
    ["max_tokens", "0"],
    ["repetition_penalty", "0"],
    ["seed", "1e99"],
  ] as const)("is not sent while %s is %s", (name, value) => {
    const written = { ...DEFAULTS, [name]: value };
    expect(findWrong(written)).toEqual([name]);
    expect(readSampling(written)).toEqual({});
  });

  it("tells the whole talk, pictures in their places", () => {
    const messages = buildMessages("Be brief.", [
      { text: "What is this?", images: ["data:image/png;base64,AA=="], answer: "A cat." },
      { text: "Sure?", images: [], answer: "" },
    ]);
    expect(messages).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
          { type: "text", text: "What is this?" },
        ],
      },
      { role: "assistant", content: "A cat." },
      { role: "user", content: "Sure?" },
    ]);
  });
});

describe("modes", () => {
  it.each([
    [["chat", "vision"], ["chat"]],
    [["completion"], ["completion"]],
    [["audio"], ["audio"]],
    [["rerank"], ["rerank"]],
    [["image"], ["painting"]],
    [["other"], []],
    [[], ["chat", "completion", "embeddings", "rerank", "painting", "audio"]],
  ])("of %j are %j", (features, modes) => {
    expect(modesOf(features)).toEqual(modes);
  });
});

describe("vectors", () => {
  it("are compared by their direction", () => {
    expect(cosine([1, 0], [2, 0])).toBe(1);
    expect(cosine([1, 0], [0, 3])).toBe(0);
    expect(cosine([1, 0], [-1, 0])).toBe(-1);
    expect(cosine([0, 0], [1, 0])).toBeNull();
    expect(cosine([1], [1, 0])).toBeNull();
  });

  it("are summed up", () => {
    expect(summarize([3, -4])).toEqual({ dimensions: 2, norm: 5, least: -4, most: 3 });
    expect(condense([1, 3, 5, 7], 2)).toEqual([2, 6]);
    expect(condense([1], 64)).toEqual([1]);
  });
});
