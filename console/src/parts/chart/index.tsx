/**
 * Numbers over time: lines, steps or stacked bars; the legend is text, and all of it can be read as a table.
 *
 * At most eight series have colours of their own: `fold` makes one of the small ones.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { loadPart } from "../../chunks";
import { dark, language } from "../../preferences";
import { t } from "../../strings";
import { Table, type Column } from "../table";
import type { Drawing } from "./canvas";
import "./chart.css";
import type { Series } from "./series";

export { fold, total, type Series } from "./series";

interface ChartProps {
  /** What it shows, for screen readers and as the table's name. */
  label: string;
  /** Milliseconds of the clock, ascending. */
  times: readonly number[];
  series: readonly Series[];
  kind: "lines" | "steps" | "bars";
  formatValue: (value: number) => string;
  /** A time as the legend and the table write it. */
  formatTime: (at: number) => string;
  /** As the axis writes it; absent: as `formatTime`. */
  formatTick?: (at: number) => string;
  /** Days of the UTC calendar rather than the reader's. */
  utc?: boolean;
  /** What the legend says of a series while the pointer is elsewhere, such as its total. */
  summary?: (series: Series) => string;
}

export function Chart({ summary, ...shown }: ChartProps) {
  const [point, setPoint] = useState<number | null>(null);
  const at = point !== null ? shown.times[point] : undefined;
  const describe = (series: Series) => {
    if (point === null) return summary?.(series) ?? "";
    const value = series.values[point];
    return value === null || value === undefined ? "–" : shown.formatValue(value);
  };
  return (
    <figure class="chart">
      <Canvas {...shown} onPoint={setPoint} />
      <figcaption>
        <span class="chart-time">{at === undefined ? "" : shown.formatTime(at)}</span>
        <ul>
          {shown.series.map((series, index) => (
            <li key={series.name}>
              <span class={`swatch series-${(index % 8) + 1}`} />
              <span class="chart-name">{series.name}</span> <span class="muted">{describe(series)}</span>
            </li>
          ))}
        </ul>
      </figcaption>
      <AsTable {...shown} />
    </figure>
  );
}

type Shown = Omit<ChartProps, "summary">;

function Canvas({ label, times, series, kind, formatValue, formatTime, formatTick, utc, onPoint }: CanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const functions = useRef({ formatValue, formatTick: formatTick ?? formatTime, onPoint });
  functions.current = { formatValue, formatTick: formatTick ?? formatTime, onPoint };
  const [failure, setFailure] = useState<Error | null>(null);
  const look = `${String(dark.value)} ${language.value}`;
  useEffect(() => {
    let end: (() => void) | null = null;
    let left = false;
    const drawing: Drawing = {
      ...{ times, series, kind, utc: utc ?? false },
      formatValue: (value) => functions.current.formatValue(value),
      formatTick: (at) => functions.current.formatTick(at),
      onPoint: (at) => functions.current.onPoint(at),
    };
    loadPart(() => import("./canvas")).then(({ draw }) => {
      if (host.current && !left) end = draw(host.current, drawing);
    }, setFailure);
    return () => {
      left = true;
      end?.();
    };
  }, [times, series, kind, utc, look]);
  if (failure) throw failure; // the guard around the page shows it
  return <div ref={host} class="chart-canvas" role="img" aria-label={label} />;
}

type CanvasProps = Shown & { onPoint: (at: number | null) => void };

/** The same numbers for who cannot see the drawing; made when it is opened. */
function AsTable({ label, times, series, formatValue, formatTime }: Shown) {
  const [open, setOpen] = useState(false);
  const columns: Column<number>[] = [
    { id: "time", title: t("parts.time"), cell: (row) => formatTime(times[row] ?? 0) },
    ...series.map(({ name, values }) => ({
      id: `series ${name}`,
      title: name,
      number: true,
      cell: (row: number) => {
        const value = values[row];
        return value === null || value === undefined ? "–" : formatValue(value);
      },
    })),
  ];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("parts.asTable")}</summary>
      {open && <Table label={label} columns={columns} rows={times.map((_, row) => row)} rowKey={String} />}
    </details>
  );
}
