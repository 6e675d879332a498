/** A timeline as the charts take it. PURE. */
import type { Series } from "../../parts/chart";
import type { Schemas } from "../../rest/client";

export type Timeline = Schemas["Timeline"];

export function listTimes({ start, step, requests }: Timeline): number[] {
  const first = new Date(start).getTime();
  return requests.map((_, index) => first + index * step * 1000);
}

/** One of each region. */
export function listReplicas({ regions }: Timeline, name: (id: number | null, fallback: string) => string): Series[] {
  return regions.map(({ regionId, region, replicas }) => ({ name: name(regionId, region), values: replicas }));
}

/** What was answered, and what was not, one on top of the other. */
export function listRequests({ requests, errors }: Timeline, answered: string, failed: string): Series[] {
  const fine = requests.map((count, index) => count - (errors[index] ?? 0));
  return [
    { name: answered, values: fine },
    { name: failed, values: errors },
  ];
}

export function isQuiet({ requests, regions, held }: Timeline): boolean {
  return [requests, held, ...regions.map(({ replicas }) => replicas)].every((each) =>
    each.every((count) => count === 0),
  );
}

export function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

export function most(values: readonly (number | null)[]): number {
  return Math.max(0, ...values.map((value) => value ?? 0));
}
