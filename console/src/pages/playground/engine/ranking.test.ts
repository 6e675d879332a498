import { expect, test } from "vitest";
import { readDocuments, readRanking } from "./ranking";

const result = (index: unknown, score: unknown) => ({ index, relevance_score: score });

test("documents are lines that say something", () => {
  expect(readDocuments("one\n\n  two \r\n \nthree")).toEqual(["one", "two", "three"]);
});

test("the best comes first, with the text that was sent and its share of the best score", () => {
  const found = readRanking({ results: [result(0, 0.1), result(1, 0.8)] }, ["a", "b"]);
  expect(found).toEqual([
    { text: "b", place: 2, score: 0.8, share: 1 },
    { text: "a", place: 1, score: 0.1, share: 0.125 },
  ]);
});

test("scores below zero have bars from the worst on", () => {
  const found = readRanking({ results: [result(0, -4), result(1, -2), result(2, 0)] }, ["a", "b", "c"]);
  expect(found.map(({ text, share }) => [text, share])).toEqual([
    ["c", 1],
    ["b", 0.5],
    ["a", 0],
  ]);
});

test.each([{}, { results: 3 }, { results: [null, result("0", 1), result(0, null), result(7, 1)] }])(
  "takes no harm from %j",
  (found) => {
    expect(readRanking(found, ["a"])).toEqual([]);
  },
);

test("equal scores have equal bars", () => {
  expect(readRanking({ results: [result(0, 0)] }, ["a"])).toMatchObject([{ share: 0 }]);
});
