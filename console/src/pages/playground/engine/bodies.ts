/** Bodies of requests, as OpenAI's API and vLLM have them. */
import type { Sampling } from "../settings";

export type Part = { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } };

export interface Message {
  role: "system" | "user" | "assistant";
  content: string | Part[];
}

/** What was asked and what came, in the order of the talk. */
export interface Exchange {
  text: string;
  /** `data:` URLs. */
  images: readonly string[];
  /** Empty: there is none yet. */
  answer: string;
}

const STREAMED = { stream: true, stream_options: { include_usage: true } };

export function buildMessages(system: string, exchanges: readonly Exchange[]): Message[] {
  const messages: Message[] = system.trim() ? [{ role: "system", content: system }] : [];
  for (const { text, images, answer } of exchanges) {
    messages.push({ role: "user", content: buildContent(text, images) });
    if (answer) messages.push({ role: "assistant", content: answer });
  }
  return messages;
}

function buildContent(text: string, images: readonly string[]): string | Part[] {
  if (images.length === 0) return text;
  const pictures: Part[] = images.map((url) => ({ type: "image_url", image_url: { url } }));
  return text ? [...pictures, { type: "text", text }] : pictures;
}

export function buildChat(model: string, messages: readonly Message[], sampling: Sampling) {
  return { model, messages, ...sampling, ...STREAMED };
}

export function buildCompletion(model: string, prompt: string, sampling: Sampling) {
  return { model, prompt, ...sampling, ...STREAMED };
}

export function buildRerank(model: string, query: string, documents: readonly string[]) {
  return { model, query, documents };
}

/** `size`: `1024x1024`; "": the engine's default. */
export function buildPainting(model: string, prompt: string, { count, size }: { count: number; size: string }) {
  return { model, prompt, n: count, ...(size ? { size } : {}), response_format: "b64_json" };
}

export function buildEmbeddings(model: string, input: readonly string[]) {
  return { model, input };
}
