/** The last hours of an instance: replicas, requests, and requests that waited for a replica. */
import { useMemo, useRef } from "preact/hooks";
import { formatNumber } from "../../format";
import { Chart, type Series } from "../../parts/chart";
import { Skeleton } from "../../parts/empty";
import { Note, ProblemNote } from "../../parts/problem";
import { language } from "../../preferences";
import { usePolled } from "../../rest/polled";
import { route, setQuery } from "../../router";
import { t } from "../../strings";
import { nameRegion, type RegionNames } from "../instances/replicas";
import { isQuiet, listReplicas, listRequests, listTimes, most, sum, type Timeline as Data } from "./series";

const HOUR = 3600;
const SIX = { from: 6 * HOUR, step: 120, every: 30 };
/** By hours; in seconds: the span, one of its steps, and until the ledger is asked again, which reads long for long ones. */
const SPANS = new Map([
  ["1", { from: HOUR, step: 30, every: 15 }],
  ["6", SIX],
  ["24", { from: 24 * HOUR, step: 300, every: 60 }],
]);
const DEFAULT = "6";

export function Timeline({ id, regions }: { id: string; regions: RegionNames }) {
  const chosen = route.value.query.get("hours") ?? DEFAULT;
  const { from, step, every } = SPANS.get(chosen) ?? SIX;
  const target = useMemo(() => ({ path: { id }, query: { from: String(from), step } }), [id, from, step]);
  const { data, problem, refresh } = usePolled("/instances/{id}/timeline", every, target);
  const shown = useLast(data);
  const off = problem?.status === 404;
  return (
    <>
      <div class="row spread">
        <p class="muted">{t("instance.timelineLead")}</p>
        <select
          class="input instance-span"
          aria-label={t("instance.span")}
          value={chosen}
          onChange={(event) =>
            setQuery({ hours: event.currentTarget.value === DEFAULT ? "" : event.currentTarget.value })
          }
        >
          {[...SPANS.keys()].map((hours) => (
            <option key={hours} value={hours}>
              {t("instance.lastHours", { count: Number(hours) })}
            </option>
          ))}
        </select>
      </div>
      {problem && (off ? <Note>{problem.detail}</Note> : <ProblemNote {...{ problem }} onRetry={refresh} />)}
      {!shown && !problem && <Skeleton lines={10} />}
      {data && isQuiet(data) && <Note>{t("instance.quiet")}</Note>}
      {shown && (
        <div class="stack instance-charts" aria-busy={!data}>
          <Charts key={language.value} of={shown} {...{ regions }} />
        </div>
      )}
    </>
  );
}

/** What was there before, while another span is read: of a busy day that takes seconds. */
function useLast<T>(value: T | null): T | null {
  const last = useRef(value);
  if (value) last.current = value;
  return last.current;
}

function Charts({ of: data, regions }: { of: Data; regions: RegionNames }) {
  const times = useMemo(() => listTimes(data), [data]);
  const series = useMemo(() => {
    const name = (id: number | null, fallback: string) => (id === null ? fallback : nameRegion(id, regions));
    return {
      replicas: listReplicas(data, name),
      requests: listRequests(data, t("instance.answered"), t("instance.failed")),
      held: [{ name: t("instance.held"), values: data.held }],
    };
  }, [data, regions]);
  const shown = { times, formatValue: format, formatTime: writeTime, formatTick: writeClock };
  const atMost = ({ values }: Series) => t("instance.atMost", { count: most(values) });
  const inAll = ({ values }: Series) => format(sum(values));
  return (
    <>
      <Figure title={t("instance.replicas")}>
        <Chart {...shown} label={t("instance.replicas")} series={series.replicas} kind="steps" summary={atMost} />
      </Figure>
      <Figure title={t("instance.requests")}>
        <Chart {...shown} label={t("instance.requests")} series={series.requests} kind="bars" summary={inAll} />
      </Figure>
      <Figure title={t("instance.held")} hint={t("instance.heldHint")}>
        <Chart {...shown} label={t("instance.held")} series={series.held} kind="steps" summary={atMost} />
      </Figure>
    </>
  );
}

function Figure({ title, hint, children }: { title: string; hint?: string; children: preact.ComponentChildren }) {
  return (
    <section class="card stack">
      <div>
        <h2>{title}</h2>
        {hint && <p class="muted small">{hint}</p>}
      </div>
      {children}
    </section>
  );
}

function format(value: number): string {
  return formatNumber(value, language.value);
}

function writeClock(at: number): string {
  return new Intl.DateTimeFormat(language.value, { hour: "2-digit", minute: "2-digit" }).format(at);
}

function writeTime(at: number): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "short", timeStyle: "medium" }).format(at);
}
