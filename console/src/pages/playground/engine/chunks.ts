/** What one event of a streamed completion says; engines differ, so each field may be missing. */

export interface Usage {
  prompt: number;
  completion: number;
}

export interface Chunk {
  text: string;
  /** What the model thought aloud before it answered, where its engine tells it apart. */
  thought: string;
  usage: Usage | null;
  /** Why the engine failed; empty: it did not. */
  error: string;
  /** "stop", "length" and so on; empty as long as it goes on. */
  reason: string;
}

/** An event's data, or a whole answer of an engine that does not stream; null where it is none of ours, such as `[DONE]`. */
export function readChunk(data: string): Chunk | null {
  const found = parse(data);
  if (!found) return null;
  const choice = asRecord(asList(found.choices)[0]);
  const delta = asRecord(choice.delta);
  return {
    text: asText(delta.content) || asText(choice.text) || asText(asRecord(choice.message).content),
    thought: asText(delta.reasoning_content) || asText(delta.reasoning),
    usage: readUsage(found.usage),
    error: readError(found),
    reason: asText(choice.finish_reason),
  };
}

/** The usage object of any answer. */
export function readUsage(found: unknown): Usage | null {
  const usage = asRecord(found);
  if (typeof usage.prompt_tokens !== "number") return null;
  return { prompt: usage.prompt_tokens, completion: Number(usage.completion_tokens ?? 0) };
}

/** `{"error": {"message"}}` of the gateway and vLLM, `{"message"}` of older ones, `{"detail"}` of FastAPI's. */
export function readError(found: unknown): string {
  const body = asRecord(found);
  const { error } = body;
  if (error !== undefined && error !== null) return asText(asRecord(error).message) || asText(error) || "?";
  return body.object === "error" || !("choices" in body) ? asText(body.message) || asText(body.detail) : "";
}

/** The sentence in the body of an answer that is none of success. */
export function readRefusal(status: number, body: string): string {
  return (
    readError(parse(body)) ||
    `${status} ${body
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, 500)}`
  );
}

export function parse(text: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null ? asRecord(found) : null;
  } catch {
    return null;
  }
}

export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
