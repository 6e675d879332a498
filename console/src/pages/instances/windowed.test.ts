import { describe, expect, test } from "vitest";
import { findWindow } from "./windowed";

describe("the rows that are drawn", () => {
  test.each([
    ["at the top", 0],
    ["in the middle", 20_000],
    ["at the end", 44_000 - 900],
    ["above the list", -500],
    ["beyond it", 90_000],
  ])("cover the screen %s, and the others' room is kept", (_, top) => {
    const { from, to, before, after } = findWindow(1000, 44, top, 900);
    const seen = Math.min(Math.max(top, 0), 44_000 - 900);
    expect(before).toBeLessThanOrEqual(seen);
    expect(to * 44).toBeGreaterThanOrEqual(seen + 900 - 44);
    expect(to - from).toBeLessThanOrEqual(90);
    expect(before + (to - from) * 44 + after).toBe(44_000);
  });

  test("are all of a short list", () => {
    expect(findWindow(5, 44, 0, 900)).toEqual({ from: 0, to: 5, before: 0, after: 0 });
    expect(findWindow(0, 44, 0, 900)).toEqual({ from: 0, to: 0, before: 0, after: 0 });
  });

  test("stay the same for a little movement", () => {
    expect(findWindow(1000, 44, 4410, 900)).toEqual(findWindow(1000, 44, 4500, 900));
  });
});
