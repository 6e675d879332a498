/** What a reranker found: which document answers a query best. PURE. */
import { asList, asRecord } from "./chunks";

export interface Ranked {
  text: string;
  /** From 1: its place among the documents that were sent. */
  place: number;
  /** As the model says it: most say 0 to 1, some any number. */
  score: number;
  /** From 0 to 1: of the best score, for a bar. */
  share: number;
}

/** One document a line; empty lines are none. */
export function readDocuments(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The best first. Texts are those that were sent: engines need not say them again. */
export function readRanking(found: Record<string, unknown>, documents: readonly string[]): Ranked[] {
  const scored = asList(found.results).flatMap((each) => {
    const { index, relevance_score: score } = asRecord(each);
    if (typeof index !== "number" || typeof score !== "number") return [];
    const text = documents[index];
    return text === undefined ? [] : [{ text, place: index + 1, score }];
  });
  const scores = scored.map(({ score }) => score);
  const least = Math.min(0, ...scores); // scores below 0: the bars begin at the worst
  const span = Math.max(...scores) - least;
  const share = (score: number) => (span > 0 ? (score - least) / span : 0);
  return scored.toSorted((a, b) => b.score - a.score).map((each) => ({ ...each, share: share(each.score) }));
}
