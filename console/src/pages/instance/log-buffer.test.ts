import { describe, expect, test } from "vitest";
import { append, countLines, MOST_LINES, Resumption, writeLines, type Block, type Line } from "./log-buffer";

const line = (number: number, pod = "a"): Line => ({
  time: `2030-01-01T00:00:${String(number).padStart(2, "0")}.000Z`,
  regionId: 1,
  pod,
  message: `line ${number}`,
});
const many = (count: number): Line[] => Array.from({ length: count }, (_, number) => line(number));

describe("the lines that are kept", () => {
  test("are the newest, however they come", () => {
    let blocks: Block[] = [];
    for (let number = 0; number < MOST_LINES + 1000; number += 37) blocks = append(blocks, many(37));
    expect(countLines(blocks)).toBeLessThanOrEqual(MOST_LINES);
    expect(countLines(append([], many(MOST_LINES * 3)))).toBe(MOST_LINES);
    expect(blocks.at(-1)?.lines.at(-1)?.message).toBe("line 36");
  });

  test("are in blocks that stay the same once they are full", () => {
    const first = append([], many(250));
    const second = append(first, many(10));
    expect(first.map(({ lines }) => lines.length)).toEqual([200, 50]);
    expect(second.map(({ lines }) => lines.length)).toEqual([200, 60]);
    expect(second[0]).toBe(first[0]);
    expect(new Set(second.map(({ id }) => id)).size).toBe(2);
  });

  test("are copied with their time and pod", () => {
    expect(writeLines(append([], [line(1)]))).toBe("2030-01-01T00:00:01.000Z a line 1\n");
  });
});

describe("a stream that is opened anew", () => {
  test("goes on after the last line of each pod, and keeps lines of one moment", () => {
    const resumption = new Resumption();
    expect(resumption.begin()).toBeNull();
    expect([line(1), line(1), line(2), line(1, "b")].map((each) => resumption.isNew(each))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(resumption.begin()).toBe(line(2).time);
    expect(
      [line(2), line(3), line(3), line(1, "b"), line(2, "b"), line(0, "c")].map((each) => resumption.isNew(each)),
    ).toEqual([false, true, true, false, true, true]);
  });
});
