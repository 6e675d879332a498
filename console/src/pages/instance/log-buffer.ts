/**
 * Lines of a log that goes on: the newest are kept, in blocks, so that what was drawn once is drawn no more. PURE.
 */
import type { Schemas } from "../../rest/client";

export type Line = Schemas["LogLine"];

export interface Block {
  id: number;
  lines: readonly Line[];
}

const BLOCK = 200;
const MOST_BLOCKS = 25;
/** Lines that are kept at most. */
export const MOST_LINES = BLOCK * MOST_BLOCKS;

/** Full blocks stay the same objects. */
export function append(blocks: readonly Block[], lines: readonly Line[]): Block[] {
  const all = [...blocks];
  let at = 0;
  while (at < lines.length) {
    const last = all.at(-1);
    const room = last ? BLOCK - last.lines.length : 0;
    const taken = lines.slice(at, at + (room || BLOCK));
    if (last && room > 0) all[all.length - 1] = { id: last.id, lines: [...last.lines, ...taken] };
    else all.push({ id: (last?.id ?? 0) + 1, lines: taken });
    at += taken.length;
  }
  return all.slice(-MOST_BLOCKS);
}

export function countLines(blocks: readonly Block[]): number {
  return blocks.reduce((count, { lines }) => count + lines.length, 0);
}

export function writeLines(blocks: readonly Block[]): string {
  return blocks.flatMap(({ lines }) => lines.map(({ time, pod, message }) => `${time} ${pod} ${message}\n`)).join("");
}

/**
 * What a stream that was opened anew says again: by pod, nothing up to the last line that is known. Times are RFC 3339 of
 * one length, and so in the order of their letters.
 */
export class Resumption {
  private seen = new Map<string, string>();
  private known = new Map<string, string>();

  /** A stream is opened. The moment since which it is to tell; null: it is the first. */
  begin(): string | null {
    this.known = new Map(this.seen);
    const times = [...this.known.values()].sort();
    return times.at(-1) ?? null;
  }

  isNew({ pod, time }: Line): boolean {
    const known = this.known.get(pod);
    if (known !== undefined && time <= known) return false;
    this.seen.set(pod, time);
    return true;
  }
}
