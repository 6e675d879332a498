/** What a report can be drawn by, and its rows as series. PURE. */
import type { Series } from "../../parts/chart/series";
import type { Schemas } from "../../rest/client";

export type Row = Schemas["UsageRow"];

export const GROUPS = ["model", "key", "instance", "region"] as const;
export type Group = (typeof GROUPS)[number];

export const MEASURES = ["tokenCost", "replicaCost", "requests", "tokens", "audio"] as const;
export type Measure = (typeof MEASURES)[number];

export function readGroup(text: string | null): Group {
  return GROUPS.find((group) => group === text) ?? "model";
}

/** Replicas belong to no key. */
export function readMeasure(text: string | null, group: Group): Measure {
  const found = MEASURES.find((measure) => measure === text) ?? "tokenCost";
  return found === "replicaCost" && group === "key" ? "tokenCost" : found;
}

/** Null: the row knows nothing of it. Audio is in minutes. */
export function amountOf(row: Row, measure: Measure): number | null {
  switch (measure) {
    case "tokenCost":
      return Number(row.tokenCost);
    case "replicaCost":
      return row.replicaCost === null ? null : Number(row.replicaCost);
    case "requests":
      return row.requests;
    case "tokens":
      return row.promptTokens + row.completionTokens;
    case "audio":
      return row.audioSeconds / 60;
  }
}

export function isMoney(measure: Measure): boolean {
  return measure === "tokenCost" || measure === "replicaCost";
}

/** A series for each name that the rows have, with nothing where no row is. */
export function buildSeries(rows: readonly Row[], times: readonly number[], group: Group, measure: Measure): Series[] {
  const places = new Map(times.map((time, place) => [time, place]));
  const found = new Map<string, number[]>();
  for (const row of rows) {
    const place = places.get(Date.parse(row.start ?? ""));
    const amount = amountOf(row, measure);
    if (place === undefined || amount === null) continue;
    const name = row[group] ?? "";
    const values = found.get(name) ?? times.map(() => 0);
    values[place] = (values[place] ?? 0) + amount;
    found.set(name, values);
  }
  return [...found].map(([name, values]) => ({ name, values })).filter(({ values }) => values.some(Boolean));
}

/** The currencies of a report, that of the installation first. */
export function findCurrencies(totals: readonly Row[], own: string | null | undefined): string[] {
  const found = [...new Set(totals.map((row) => row.currencyCode))];
  return found.sort((a, b) => Number(b === own) - Number(a === own));
}
