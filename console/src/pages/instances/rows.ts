/** Which instances a list shows, and in which order. PURE. */
import type { Order } from "../../parts/table";
import type { Schemas } from "../../rest/client";

export type Instance = Schemas["Instance"];

export interface Wanted {
  text: string;
  /** One of the API's phases, or "" for all. */
  phase: string;
}

/** The gravest first: what a list sorted by phase begins with. */
const GRAVITY = ["ERROR", "PARTIALLYDEPLOYED", "DELETING", "DEPLOYING", "NEW", "ACTIVE", "PENDING", "DISABLED"];

/** Those that have every word of the text in their name, id, model, image, hardware or features, and the phase. */
export function findMatching(instances: readonly Instance[], { text, phase }: Wanted): readonly Instance[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && !phase) return instances;
  return instances.filter((each) => {
    if (phase && each.status !== phase) return false;
    const said = [each.name, each._id, each.modelId, each.image, each.hardwareId, ...each.features]
      .join(" ")
      .toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

type Value = string | number;

const VALUES: Record<string, (each: Instance) => Value> = {
  name: (each) => each.name,
  phase: (each) => {
    const at = GRAVITY.indexOf(each.status);
    return at < 0 ? GRAVITY.length : at;
  },
  ready: (each) => countReplicas(each).ready,
  model: describeSource,
  hardware: (each) => each.hardwareId ?? "",
  now: (each) => each.currentHourlyPrice,
  most: (each) => each.hourlyPrice,
};

export const DEFAULT_ORDER: Order = { column: "name", down: false };

/** Ties are in the order of names. */
export function sortInstances(instances: readonly Instance[], { column, down }: Order): Instance[] {
  const value = VALUES[column] ?? ((each: Instance) => each.name);
  const collator = new Intl.Collator(undefined, { numeric: true });
  const compare = (a: Value, b: Value) =>
    typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
  const keyed = instances.map((each) => ({ each, key: value(each) }));
  keyed.sort(
    (a, b) => (down ? compare(b.key, a.key) : compare(a.key, b.key)) || collator.compare(a.each.name, b.each.name),
  );
  return keyed.map(({ each }) => each);
}

/** `name` or `-name`, as addresses keep it. */
export function readOrder(text: string | null): Order {
  const column = text?.replace(/^-/, "") ?? "";
  return column in VALUES ? { column, down: text?.startsWith("-") ?? false } : DEFAULT_ORDER;
}

export function writeOrder({ column, down }: Order): string {
  const text = `${down ? "-" : ""}${column}`;
  return text === DEFAULT_ORDER.column ? "" : text;
}

/** The model, or the image where there is none, or where it comes from. */
export function describeSource(instance: Instance): string {
  return instance.modelId ?? instance.image ?? "";
}

export function countReplicas({ containers }: Instance): { ready: number; total: number; max: number } {
  const sum = { ready: 0, total: 0, max: 0 };
  for (const { deployStatus, scale } of containers) {
    sum.ready += deployStatus.ready;
    sum.total += deployStatus.total;
    sum.max += scale.max;
  }
  return sum;
}

/** How many there are of each phase, the gravest first. */
export function countPhases(instances: readonly Instance[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { status } of instances) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => GRAVITY.indexOf(a) - GRAVITY.indexOf(b));
}
