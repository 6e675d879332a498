/** Of what time a report is, in whole days of UTC, as the ledger counts. PURE. */

export const PERIODS = ["today", "week", "month", "lastMonth", "quarter", "own"] as const;
export type Period = (typeof PERIODS)[number];

export interface Range {
  /** The first day: `2030-01-31`. */
  from: string;
  /** The last day. */
  to: string;
}

const DAY = 86_400_000;
const HOURS_UP_TO = 2;
const DAYS_UP_TO = 92;

export function readPeriod(text: string | null): Period {
  return PERIODS.find((period) => period === text) ?? "month";
}

/** `own` is what a person gave; where that is no range, it is this month. */
export function buildRange(period: Period, own: Range, now: number): Range {
  const today = writeDay(now);
  switch (period) {
    case "today":
      return { from: today, to: today };
    case "week":
      return { from: writeDay(now - 6 * DAY), to: today };
    case "quarter":
      return { from: writeDay(now - 89 * DAY), to: today };
    case "month":
      return { from: `${today.slice(0, 8)}01`, to: today };
    case "lastMonth": {
      const last = new Date(Date.parse(`${today.slice(0, 8)}01`) - DAY);
      return { from: `${writeDay(last.getTime()).slice(0, 8)}01`, to: writeDay(last.getTime()) };
    }
    case "own":
      return isRange(own) ? own : buildRange("month", own, now);
  }
}

function isRange({ from, to }: Range): boolean {
  return Date.parse(from) <= Date.parse(to);
}

export type Every = "hour" | "day" | "month";

/** In which steps a range is shown, so that its bars can be told apart. */
export function chooseEvery({ from, to }: Range): Every {
  const days = (Date.parse(to) - Date.parse(from)) / DAY + 1;
  return days <= HOURS_UP_TO ? "hour" : days <= DAYS_UP_TO ? "day" : "month";
}

/** For the API, whose `to` is the first moment that no longer counts; without one: until now. */
export function buildBounds({ from, to }: Range, now: number): { from: string; to?: string } {
  return to >= writeDay(now) ? { from } : { from, to: writeDay(Date.parse(to) + DAY) };
}

/** When each step of a report begins; `end` is before the first that no longer counts. */
export function buildTimes(start: number, end: number, every: Every): number[] {
  const times = [];
  for (let at = floor(start, every); at < end; at = next(at, every)) times.push(at);
  return times;
}

function floor(at: number, every: Every): number {
  if (every === "month") return Date.parse(`${writeDay(at).slice(0, 8)}01`);
  return every === "day" ? Date.parse(writeDay(at)) : at;
}

function next(at: number, every: Every): number {
  if (every !== "month") return at + (every === "day" ? DAY : 3_600_000);
  const month = new Date(at);
  return Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1);
}

function writeDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
