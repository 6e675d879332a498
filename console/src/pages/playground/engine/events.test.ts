import { describe, expect, it } from "vitest";
import { EventParser, readEvents } from "./events";

const STREAM =
  'data: {"text":"grüße 🌍"}\n\n: waiting\r\n\r\nevent: x\nid: 7\ndata:one\ndata: two\r\rdata\n\ndata: [DONE]\n\n';
const EVENTS = [
  { kind: "data", text: '{"text":"grüße 🌍"}' },
  { kind: "comment", text: "waiting" },
  { kind: "data", text: "one\ntwo" },
  { kind: "data", text: "" },
  { kind: "data", text: "[DONE]" },
];

function parse(chunks: Uint8Array[]): unknown[] {
  const parser = new EventParser();
  return chunks.flatMap((chunk) => parser.feed(chunk));
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.slice(start, start + size));
  return chunks;
}

describe("events", () => {
  const bytes = new TextEncoder().encode(STREAM);

  it.each([1, 2, 3, 5, 7, 64, 1000])("are the same however the stream is cut: %i bytes at once", (size) => {
    expect(parse(cut(bytes, size))).toEqual(EVENTS);
  });

  it("are the same for every single cut", () => {
    for (let place = 0; place <= bytes.length; place++) {
      expect(parse([bytes.slice(0, place), bytes.slice(place)])).toEqual(EVENTS);
    }
  });

  it("begin after a byte order mark", () => {
    expect(parse([new TextEncoder().encode("\uFEFFdata: x\n\n")])).toEqual([{ kind: "data", text: "x" }]);
  });

  it("are dropped where the stream breaks off in the middle of one", () => {
    expect(parse([new TextEncoder().encode("data: whole\n\ndata: half\n")])).toEqual([{ kind: "data", text: "whole" }]);
  });

  it("keep further spaces and colons of their data", () => {
    expect(parse([new TextEncoder().encode("data:  a: b\n\n")])).toEqual([{ kind: "data", text: " a: b" }]);
  });

  it("end the stream when their reader leaves", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const event of readEvents(body)) {
      expect(event).toEqual(EVENTS[0]);
      break;
    }
    expect(cancelled).toBe(true);
  });
});
