/**
 * Server-sent events of a `fetch` answer. EventSource itself can neither POST nor send a key.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

/** One thing that a stream said: an event's data, or a comment, by which the gateway says that it waits. */
export interface StreamEvent {
  kind: "data" | "comment";
  text: string;
}

/** Bytes of a stream, however they are cut -> events. */
export class EventParser {
  private readonly decoder = new TextDecoder();
  private rest = "";
  private data: string[] = [];
  private afterReturn = false;

  /** What is complete with these bytes. An event that the stream's end cuts off is dropped, as the source says. */
  feed(bytes: Uint8Array): StreamEvent[] {
    const events: StreamEvent[] = [];
    for (const line of this.takeLines(this.decoder.decode(bytes, { stream: true }))) {
      const event = this.takeLine(line);
      if (event) events.push(event);
    }
    return events;
  }

  /** Lines end with CR LF, LF or CR; of the first the two may come apart. */
  private takeLines(text: string): string[] {
    if (!text) return [];
    const fresh = this.afterReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.afterReturn = text.endsWith("\r");
    const lines = (this.rest + fresh).split(/\r\n|\n|\r/);
    this.rest = lines.pop() ?? "";
    return lines;
  }

  private takeLine(line: string): StreamEvent | null {
    if (line === "") {
      const { data } = this;
      this.data = [];
      return data.length > 0 ? { kind: "data", text: data.join("\n") } : null;
    }
    const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (line.startsWith(":")) return { kind: "comment", text: value };
    if (name === "data") this.data.push(value);
    return null;
  }
}

/** The events of a body as they come. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const parser = new EventParser();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.feed(value);
    }
  } finally {
    // who leaves early wants no more of it; what the stream says to that is of no interest
    reader.cancel().catch(() => undefined);
  }
}
