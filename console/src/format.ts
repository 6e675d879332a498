/** Numbers, money and times as the reader's language writes them. PURE. */
import type { Language } from "./preferences";

/** `12.50 USD` as `$12.50`; small amounts keep as many digits as tell something. Without a currency: the number. */
export function formatMoney(amount: number, currency: string | null | undefined, language: Language): string {
  const small = amount !== 0 && Math.abs(amount) < 0.1;
  const digits = small ? { minimumFractionDigits: 2, maximumFractionDigits: 6 } : { maximumFractionDigits: 2 };
  const style = currency ? ({ style: "currency", currency } as const) : {};
  return new Intl.NumberFormat(language, { minimumFractionDigits: 2, ...style, ...digits }).format(amount);
}

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** "5 minutes ago", "in 2 days"; less than ten seconds are "". */
export function formatAgo(then: number, now: number, language: Language): string {
  const seconds = (then - now) / 1000;
  if (Math.abs(seconds) < 10) return "";
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? UNITS[5];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / length), unit);
}

/** `Nov 21, 2026, 20:03:11`. */
export function formatTime(when: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(when);
}

/** 1.234.567 */
export function formatNumber(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** `1.5 GB`. */
export function formatBytes(bytes: number, language: Language): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const unit = units[step] ?? "byte";
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, options).format(bytes / 1000 ** step);
}
