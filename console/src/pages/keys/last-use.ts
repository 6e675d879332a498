/** When keys were used last, by the day, as the ledger's rows tell. PURE. */
import type { Schemas } from "../../rest/client";

export const LOOK_BACK_DAYS = 30;
const DAY = 86_400_000;

type Row = Pick<Schemas["UsageRow"], "key" | "start" | "requests">;

/** How many days ago (of UTC; 0: today) each key had its last request. Keys without one are left out. */
export function findLastUse(rows: readonly Row[], now: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const { key, start, requests } of rows) {
    if (!key || !start || requests === 0) continue;
    const days = Math.floor(now / DAY) - Math.floor(Date.parse(start) / DAY);
    found.set(key, Math.min(days, found.get(key) ?? days));
  }
  return found;
}

/** The first day that is looked at: `2030-01-31`. */
export function lookBack(now: number): string {
  return new Date(now - (LOOK_BACK_DAYS - 1) * DAY).toISOString().slice(0, 10);
}
