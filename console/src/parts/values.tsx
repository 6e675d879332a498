/** Values that every page writes alike. */
import { signal } from "@preact/signals";
import { formatAgo, formatMoney, formatTime } from "../format";
import { language } from "../preferences";
import { t } from "../strings";

const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 10_000);

/** An amount; `currency` as ISO 4217 names it, null where the catalog has none. */
export function Money({ amount, currency }: { amount: number | string; currency: string | null | undefined }) {
  return <>{formatMoney(Number(amount), currency, language.value)}</>;
}

/** How long ago, or how soon; the time itself on hovering. `at`: ISO 8601, or milliseconds. */
export function Ago({ at }: { at: string | number | null | undefined }) {
  if (at === null || at === undefined || at === "") return <>{t("parts.never")}</>;
  const then = new Date(at).getTime();
  return (
    <time dateTime={new Date(then).toISOString()} title={formatTime(then, language.value)}>
      {formatAgo(then, Math.max(now.value, Date.now()), language.value) || t("parts.now")}
    </time>
  );
}
