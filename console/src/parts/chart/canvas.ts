/** uPlot (https://github.com/leeoniya/uPlot), set up for our themes: loaded where a chart is shown, and only there. */
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { stack, type Series } from "./series";

export interface Drawing {
  /** Milliseconds of the clock, ascending. */
  times: readonly number[];
  series: readonly Series[];
  kind: "lines" | "steps" | "bars";
  /** Bars and days of the UTC calendar. */
  utc: boolean;
  formatValue: (value: number) => string;
  formatTick: (at: number) => string;
  /** Which time the pointer is at; null: none. */
  onPoint: (at: number | null) => void;
}

const HEIGHT = 240;
const BAR_SHARE = 0.72;
const WIDEST_BAR = 56;
const DAY = 86_400;

/** Draws into `host`, in its width, until the function that it answers is called. */
export function draw(host: HTMLElement, drawing: Drawing): () => void {
  const chart = new UPlot(buildOptions(host, drawing), buildData(drawing), host);
  const watch = new ResizeObserver(() => {
    if (host.clientWidth > 0 && host.clientWidth !== chart.width) {
      chart.setSize({ width: host.clientWidth, height: HEIGHT });
    }
  });
  watch.observe(host);
  return () => {
    watch.disconnect();
    chart.destroy();
  };
}

/** The highest of stacked bars first: those below are drawn over it. */
function buildData({ times, series, kind }: Drawing): UPlot.AlignedData {
  const rows = kind === "bars" ? stack(series).reverse() : series.map(({ values }) => [...values]);
  return [times.map((time) => time / 1000), ...rows];
}

function buildOptions(host: HTMLElement, drawing: Drawing): UPlot.Options {
  const { series, kind, utc, onPoint } = drawing;
  const colours = readColours(host);
  const order = series.map((_, at) => (kind === "bars" ? series.length - 1 - at : at));
  return {
    width: host.clientWidth || 600,
    height: HEIGHT,
    padding: [12, 16, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: kind !== "bars" }, y: false },
    ...(utc ? { tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") } : {}),
    scales: {
      x: { range: (_, min, max) => buildRange(drawing, min, max) },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: buildAxes(drawing, colours),
    series: [{}, ...order.map((at) => buildSeries(kind, colours.series(at)))],
    hooks: {
      setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)],
    },
  };
}

/** Bars need room beside the first and the last. */
function buildRange({ kind, times }: Drawing, min: number, max: number): [number, number] {
  if (kind !== "bars") return max > min ? [min, max] : [min - 60, max + 60];
  const [first, second] = times;
  const step = first !== undefined && second !== undefined ? (second - first) / 1000 : DAY;
  return [min - step / 2, max + step / 2];
}

function buildSeries(kind: Drawing["kind"], colour: string): UPlot.Series {
  if (kind === "bars") {
    const paths = UPlot.paths.bars?.({ size: [BAR_SHARE, WIDEST_BAR], radius: 0 });
    return { fill: colour, width: 0, points: { show: false }, ...(paths ? { paths } : {}) };
  }
  const paths = kind === "steps" ? UPlot.paths.stepped?.({ align: 1 }) : undefined;
  return { stroke: colour, width: 2, points: { show: false }, spanGaps: false, ...(paths ? { paths } : {}) };
}

/** 1, 2, 5, 10 ...: between counts nothing is marked. */
const WHOLE = Array.from({ length: 36 }, (_, at) => ([1, 2, 5][at % 3] ?? 1) * 10 ** Math.floor(at / 3));

function buildAxes({ series, formatValue, formatTick }: Drawing, colours: Colours): UPlot.Axis[] {
  const look: UPlot.Axis = {
    stroke: colours.text,
    font: `12px ${colours.font}`,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
  };
  return [
    {
      ...look,
      size: 28,
      grid: { show: false },
      space: 70,
      values: (_, splits) => splits.map((at) => formatTick(at * 1000)),
    },
    {
      ...look,
      size: measure,
      values: (_, splits) => splits.map(formatValue),
      ...(isWhole(series) ? { incrs: WHOLE } : {}),
    },
  ];
}

function isWhole(series: readonly Series[]): boolean {
  return series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)));
}

/** As wide as the longest number. */
function measure(_: UPlot, values: readonly string[] | null): number {
  return 16 + 7 * Math.max(3, ...(values ?? []).map((value) => value.length));
}

interface Colours {
  text: string;
  line: string;
  font: string;
  series: (at: number) => string;
}

/** A canvas knows no custom properties: they are read when it is drawn. */
function readColours(host: HTMLElement): Colours {
  const style = getComputedStyle(host);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read("--muted"),
    line: read("--line"),
    font: read("--font"),
    series: (at) => read(`--series-${(at % 8) + 1}`),
  };
}
