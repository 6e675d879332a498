import { execFileSync } from "node:child_process";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { buildChat, buildEmbeddings, buildMessages, buildPainting, buildRerank } from "../engine/bodies";
import { MODES, type Mode } from "../modes";
import { buildExample, LANGUAGES, type Call } from "./examples";

const BASE = "https://api.example.com/v2/chat-1a2b3c4d/openai/v1";
const HOSTILE = [
  `it's "quoted" \\ and \`ticks\``,
  "'; rm -rf ~ #",
  "$(touch /tmp/x) ${HOME} !!",
  '"""\nimport os\n"""',
  "</script><script>alert(1)</script>",
  "line one\nline two\r\n\ttab \u2028 \u0000 \ud83c\udf0d",
  "\\' \\\\' '",
];

/** One request with everything that is hard to quote: the programs run, and starting them takes its time. */
function hostile(): Call {
  const messages = buildMessages(
    "",
    HOSTILE.map((text) => ({ text, images: [], answer: "" })),
  );
  return { mode: "chat", base: BASE, body: buildChat("it's", messages, { temperature: 0.5, top_k: 20 }) };
}

const BODIES: Record<Mode, Record<string, unknown>> = {
  chat: hostile().body,
  completion: { model: "qwen", prompt: "Once", stream: true, repetition_penalty: 1.1 },
  embeddings: buildEmbeddings("bge", ["a", "b"]),
  rerank: buildRerank("bge", "what?", ["a", "b"]),
  painting: buildPainting("flux", "a cat", { count: 2, size: "512x512" }),
  audio: { model: "openai/whisper-tiny", language: "de" },
};

/** The arguments that a shell gives to curl. */
function runCurl(program: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${program}\n`;
  const said = execFileSync("sh", ["-c", script], { env: { INFEROPS_API_KEY: "the-key" }, encoding: "utf8" });
  return said.split("\0").slice(0, -1);
}

describe("curl", () => {
  it("sends what was written", () => {
    const call = hostile();
    const given = runCurl(buildExample("curl", call));
    expect(given.slice(0, -1)).toEqual([
      ...[`${BASE}/chat/completions`, "--no-buffer", "-H", "x-api-key: the-key", "--json"],
    ]);
    expect(JSON.parse(given.at(-1) ?? "")).toEqual(call.body);
  });

  it("uploads a file to transcribe it", () => {
    const given = runCurl(buildExample("curl", { mode: "audio", base: BASE, body: BODIES.audio }));
    expect(given).toEqual(
      [`${BASE}/audio/transcriptions`, "-H", "x-api-key: the-key", "-F", "file=@speech.wav"].concat([
        "-F",
        "model=openai/whisper-tiny",
        "-F",
        "language=de",
      ]),
    );
  });
});

describe("Python", () => {
  /** Python's own idea of the call's fields; OpenAI's package is not asked for. */
  function runPython(program: string): unknown {
    const stub = [
      "import json, sys, types",
      "def create(**fields): print(json.dumps(fields)); sys.exit()",
      "chat = types.SimpleNamespace(chat=types.SimpleNamespace(completions=types.SimpleNamespace(create=create)))",
      'sys.modules["openai"] = types.SimpleNamespace(OpenAI=lambda base_url, api_key: chat)',
    ];
    const env = { ...process.env, INFEROPS_API_KEY: "the-key" };
    return JSON.parse(
      execFileSync("python3", ["-I", "-S", "-c", [...stub, program].join("\n")], { env, encoding: "utf8" }),
    );
  }

  it("sends what was written, vLLM's own fields beside", () => {
    const call = hostile();
    const { top_k, ...body } = call.body;
    expect(runPython(buildExample("Python", call))).toEqual({ ...body, extra_body: { top_k } });
  }, 30_000);
});

describe("JavaScript", () => {
  /** The object that the program gives to the client. */
  function runJavaScript(program: string): unknown {
    const literal = /\.create\((\{[\s\S]*\})\);\nfor await/.exec(program)?.[1] ?? "";
    return JSON.parse(String(runInNewContext(`JSON.stringify(${literal})`)));
  }

  it("sends what was written", () => {
    expect(runJavaScript(buildExample("JavaScript", hostile()))).toEqual(hostile().body);
  });
});

describe("a program", () => {
  it.each(LANGUAGES.flatMap((language) => MODES.map((mode) => [language, mode] as const)))(
    "has the address and no key: %s, %s",
    (language, mode) => {
      const program = buildExample(language, { mode, base: BASE, body: BODIES[mode] });
      expect(program).toContain(BASE);
      expect(program).toContain("INFEROPS_API_KEY");
    },
  );
});
