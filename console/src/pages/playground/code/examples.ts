/** The request of a mode as a program that its reader can run; what they wrote is quoted, never code. PURE. */
import type { Mode } from "../modes";

export const LANGUAGES = ["curl", "Python", "JavaScript"] as const;
export type ProgramLanguage = (typeof LANGUAGES)[number];
export const PLACEHOLDER = "$INFEROPS_API_KEY";

export interface Call {
  mode: Mode;
  /** Ends in /v1. */
  base: string;
  /** As the API takes it; for audio without the file. */
  body: Record<string, unknown>;
}

/** What the clients of OpenAI do not know and take as further fields. */
const BEYOND = new Set(["top_k", "repetition_penalty"]);

export const PATHS: Record<Mode, string> = {
  chat: "chat/completions",
  completion: "completions",
  embeddings: "embeddings",
  rerank: "rerank",
  painting: "images/generations",
  audio: "audio/transcriptions",
};

/** Of OpenAI's clients, which have none for rerankers. */
const METHODS: Record<Exclude<Mode, "rerank">, string> = {
  chat: "chat.completions.create",
  completion: "completions.create",
  embeddings: "embeddings.create",
  painting: "images.generate",
  audio: "audio.transcriptions.create",
};

export function buildExample(language: ProgramLanguage, call: Call): string {
  return { curl: buildCurl, Python: buildPython, JavaScript: buildJavaScript }[language](call);
}

function buildCurl({ mode, base, body }: Call): string {
  const lines = [`curl ${quoteShell(`${base}/${PATHS[mode]}`)}`, `-H "x-api-key: ${PLACEHOLDER}"`];
  if (mode === "audio") {
    lines.push(
      "-F file=@speech.wav",
      ...Object.entries(body).map(([name, value]) => `-F ${quoteShell(`${name}=${String(value)}`)}`),
    );
  } else {
    if (body.stream) lines[0] = `${lines[0] ?? ""} --no-buffer`;
    lines.push(`--json ${quoteShell(JSON.stringify(body, null, 2))}`);
  }
  return lines.join(" \\\n  ");
}

/** Within single quotes a shell takes everything as it is, but for these themselves. */
function quoteShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function buildPython(call: Call): string {
  const { mode, base, body } = call;
  const imports = mode === "painting" ? ["import base64", "import os"] : ["import os"];
  const own = Object.entries(body).filter(([name]) => !BEYOND.has(name));
  const further = Object.fromEntries(Object.entries(body).filter(([name]) => BEYOND.has(name)));
  const fields = own.map(([name, value]) => `    ${name}=${writePython(value, 1)},`);
  if (mode === "audio") fields.unshift('    file=open("speech.wav", "rb"),');
  if (Object.keys(further).length > 0) fields.push(`    extra_body=${writePython(further, 1)},`);
  return [
    ...imports,
    "",
    ...(mode === "rerank" ? ["import httpx"] : []),
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${writePython(base, 0)}, api_key=os.environ["INFEROPS_API_KEY"])`,
    ...(mode === "rerank"
      ? [`answer = client.post("/rerank", cast_to=httpx.Response, body=${writePython(body, 0)})`]
      : [`answer = client.${METHODS[mode]}(`, ...fields, ")"]),
    ...PYTHON_ENDS[mode],
  ].join("\n");
}

const PYTHON_ENDS: Record<Mode, string[]> = {
  chat: [
    "for chunk in answer:",
    "    if chunk.choices:",
    '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
  ],
  completion: [
    "for chunk in answer:",
    "    if chunk.choices:",
    '        print(chunk.choices[0].text, end="", flush=True)',
  ],
  embeddings: ["for item in answer.data:", "    print(item.embedding)"],
  rerank: ['for result in answer.json()["results"]:', '    print(result["index"], result["relevance_score"])'],
  painting: [
    "for number, picture in enumerate(answer.data):",
    '    with open(f"picture-{number}.png", "wb") as file:',
    "        file.write(base64.b64decode(picture.b64_json))",
  ],
  audio: ["print(answer.text)"],
};

/** JSON's texts and numbers are Python's, too. */
function writePython(value: unknown, depth: number): string {
  const pad = "    ".repeat(depth);
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (Array.isArray(value)) {
    return value.length === 0
      ? "[]"
      : `[\n${value.map((each) => `${pad}    ${writePython(each, depth + 1)},\n`).join("")}${pad}]`;
  }
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value);
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}: ${writePython(each, depth)}`).join(", ")}}`;
}

function buildJavaScript({ mode, base, body }: Call): string {
  const file = mode === "audio" ? ['  file: fs.createReadStream("speech.wav"),'] : [];
  const fields = Object.entries(body).map(
    ([name, value]) => `  ${name}: ${JSON.stringify(value, null, 2).replaceAll("\n", "\n  ")},`,
  );
  return [
    ...(mode === "audio" || mode === "painting" ? ['import fs from "node:fs";'] : []),
    'import OpenAI from "openai";',
    "",
    "const client = new OpenAI({",
    `  baseURL: ${JSON.stringify(base)},`,
    "  apiKey: process.env.INFEROPS_API_KEY,",
    "});",
    mode === "rerank"
      ? 'const answer = await client.post("/rerank", { body: {'
      : `const answer = await client.${METHODS[mode]}({`,
    ...file,
    ...fields,
    mode === "rerank" ? "} });" : "});",
    ...JAVASCRIPT_ENDS[mode],
  ].join("\n");
}

const JAVASCRIPT_ENDS: Record<Mode, string[]> = {
  chat: ["for await (const chunk of answer) {", '  process.stdout.write(chunk.choices[0]?.delta.content ?? "");', "}"],
  completion: ["for await (const chunk of answer) {", '  process.stdout.write(chunk.choices[0]?.text ?? "");', "}"],
  embeddings: ["for (const item of answer.data) console.log(item.embedding);"],
  rerank: ["for (const result of answer.results) console.log(result.index, result.relevance_score);"],
  painting: [
    "answer.data.forEach((picture, number) =>",
    '  fs.writeFileSync(`picture-${number}.png`, Buffer.from(picture.b64_json, "base64")),',
    ");",
  ],
  audio: ["console.log(answer.text);"],
};
