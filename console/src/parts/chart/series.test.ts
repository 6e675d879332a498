import { describe, expect, it } from "vitest";
import { fold, stack, total, type Series } from "./series";

const chat: Series = { name: "chat", values: [1, 2, null] };
const batch: Series = { name: "batch", values: [10, null, null] };
const night: Series = { name: "night", values: [0, 0, 5] };

describe("stacked bars", () => {
  it("stand on those before them", () => {
    expect(stack([chat, batch])).toEqual([
      [1, 2, null],
      [11, null, null],
    ]);
  });
  it("stand on the ground where nothing is below", () => {
    expect(stack([chat, night])[1]).toEqual([1, 2, 5]);
  });
});

describe("more series than colours", () => {
  it("are shown by size, the small ones as one", () => {
    expect(fold([chat, batch, night], "others", 2)).toEqual([batch, { name: "others", values: [1, 2, 5] }]);
  });
  it("lose nothing of the sum", () => {
    const folded = fold([chat, batch, night], "others", 2);
    expect(folded.reduce((sum, each) => sum + total(each), 0)).toBe(18);
  });
  it("keep unknown what none of them knows", () => {
    expect(fold([night, chat, batch], "others", 1)[0]?.values).toEqual([11, 2, 5]);
    expect(fold([chat, { name: "x", values: [null, null, null] }, batch], "others", 2)[1]?.values[2]).toBeNull();
  });
  it("are left alone where there are few", () => {
    expect(fold([chat, batch], "others")).toEqual([batch, chat]);
  });
});
