/** A period's usage as a chart by time and a table of the whole. */
import { useMemo } from "preact/hooks";
import { Empty, Skeleton } from "../../parts/empty";
import { Note, ProblemNote } from "../../parts/problem";
import { Chart, fold, total } from "../../parts/chart";
import { formatMoney, formatNumber } from "../../format";
import { language } from "../../preferences";
import { usePolled } from "../../rest/polled";
import { identity } from "../../session";
import { t } from "../../strings";
import { buildSeries, findCurrencies, isMoney, type Group, type Measure, type Row } from "./measures";
import { buildTimes, type Every } from "./period";
import { Breakdown, nameGroup } from "./table";

const SECONDS = 60;

export interface Question {
  bounds: { from: string; to?: string };
  every: Every;
  group: Group;
  measure: Measure;
}

export function Report({ bounds, every, group, measure }: Question) {
  const byTime = usePolled("/usage", SECONDS, { query: { ...bounds, by: group, every } });
  const whole = usePolled("/usage", SECONDS, { query: { ...bounds, by: group, every: "total" } });
  const problem = byTime.problem ?? whole.problem;
  if (!byTime.data || !whole.data)
    return problem ? <ProblemNote problem={problem} onRetry={whole.refresh} /> : <Skeleton />;
  const { rows, totals } = whole.data;
  const shown = { ...byTime.data, start: Date.parse(byTime.data.start), end: Date.parse(byTime.data.end) };
  const currencies = findCurrencies(totals, identity.value?.currencyCode);
  return (
    <>
      {problem && <ProblemNote problem={problem} onRetry={whole.refresh} />}
      {rows.length === 0 ? (
        <Empty icon="usage" title={t("usage.nothing")}>
          {t("usage.nothingLead")}
        </Empty>
      ) : (
        <>
          <Doubts totals={totals} />
          {(isMoney(measure) ? currencies : [null]).map((currency) => (
            <Drawing key={currency} report={shown} {...{ currency, every, group, measure }} />
          ))}
          <Breakdown rows={rows} group={group} />
        </>
      )}
    </>
  );
}

interface DrawingProps {
  report: { start: number; end: number; rows: readonly Row[] };
  /** Of the amounts; null: they are no money. */
  currency: string | null;
  every: Every;
  group: Group;
  measure: Measure;
}

function Drawing({ report: { start, end, rows }, currency, every, group, measure }: DrawingProps) {
  const times = useMemo(() => buildTimes(start, end, every), [start, end, every]);
  const others = t("usage.others");
  const series = useMemo(() => {
    const wanted = currency === null ? rows : rows.filter((row) => row.currencyCode === currency);
    const named = buildSeries(wanted, times, group, measure).map(({ name, values }) => ({
      name: nameGroup(name, group),
      values,
    }));
    return fold(named, others);
  }, [rows, times, currency, group, measure, others]);
  const format = (value: number) =>
    currency === null ? formatNumber(value, language.value, 2) : formatMoney(value, currency, language.value);
  const title = t(`usage.${measure}`) + (currency ? ` (${currency})` : "");
  return (
    <section class="card stack" aria-label={title}>
      <h2>{title}</h2>
      {series.length === 0 ? (
        <p class="muted">{t("usage.nothing")}</p>
      ) : (
        <Chart
          label={title}
          {...{ times, series }}
          kind="bars"
          utc
          formatValue={format}
          formatTime={(at) => formatStep(at, every, true)}
          formatTick={(at) => formatStep(at, every, false)}
          summary={(each) => format(total(each))}
        />
      )}
    </section>
  );
}

const FORMATS = {
  hour: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "numeric" },
} as const;

function formatStep(at: number, every: Every, whole: boolean): string {
  const date = whole && every === "hour" ? { ...FORMATS.day, ...FORMATS.hour } : FORMATS[every];
  return new Intl.DateTimeFormat(language.value, { ...date, timeZone: "UTC" }).format(at);
}

/** What is missing in the sums, said plainly. */
function Doubts({ totals }: { totals: readonly Row[] }) {
  const unpriced = totals.reduce((sum, row) => sum + row.unpriced, 0);
  const unknown = totals.reduce((sum, row) => sum + row.unknown, 0);
  return (
    <>
      {unpriced > 0 && <Note tone="warn">{t("usage.unpriced", { count: unpriced })}</Note>}
      {unknown > 0 && <Note tone="warn">{t("usage.unknown", { count: unknown })}</Note>}
    </>
  );
}
