/** What a chart shows, as numbers. PURE. */

export interface Series {
  name: string;
  /** One for each time; null: nobody knows, or there was nothing. */
  values: readonly (number | null)[];
}

/** Colours that there are: --series-1 to --series-8. */
export const COLOURS = 8;

/** Each series on top of those before it, as stacked bars are drawn. */
export function stack(series: readonly Series[]): (number | null)[][] {
  const sums: number[] = [];
  return series.map(({ values }) =>
    values.map((value, at) => {
      sums[at] = (sums[at] ?? 0) + (value ?? 0);
      return value === null ? null : sums[at];
    }),
  );
}

/** The largest by their sum, and all others as one, last: more than `most` colours nobody tells apart. */
export function fold(series: readonly Series[], rest: string, most: number = COLOURS): Series[] {
  const sorted = [...series].sort((a, b) => total(b) - total(a));
  if (sorted.length <= most) return sorted;
  const others = sorted.slice(most - 1);
  const first = others[0]?.values ?? [];
  return [...sorted.slice(0, most - 1), { name: rest, values: first.map((_, at) => sumAt(others, at)) }];
}

export function total({ values }: Series): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function sumAt(series: readonly Series[], at: number): number | null {
  const known = series.map(({ values }) => values[at]).filter((value) => typeof value === "number");
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
}
