/** Triggers of a scale: which there are, what each asks for, and what it begins with. */
import type { Schemas } from "../../rest/client";

export const SIMPLE_TRIGGERS = [
  "concurrency",
  "http",
  "queue",
  "tokens",
  "cpu",
  "memory",
  "gpuUtilization",
  "gpuMemory",
] as const;
export type SimpleTrigger = (typeof SIMPLE_TRIGGERS)[number];

/** Fields of each, with what they begin with. */
export const TRIGGER_FIELDS: Record<SimpleTrigger, Record<string, string>> = {
  concurrency: { target: "32" },
  http: { rate: "60", window: "60" },
  queue: { waiting: "10" },
  tokens: { perSecond: "1000" },
  cpu: { threshold: "80" },
  memory: { threshold: "80" },
  gpuUtilization: { threshold: "80" },
  gpuMemory: { threshold: "90" },
};

export interface Schedule {
  start: string;
  end: string;
  timezone: string;
  min: string;
}

/** Those that are on. */
export interface Triggers {
  simple: Partial<Record<SimpleTrigger, Record<string, string>>>;
  schedules: Schedule[];
}

export function buildTrigger(given: object): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([field, value]) => [field, String(value)]));
}

export function buildSchedule(given: Schemas["Schedule"]): Schedule {
  return { start: given.start, end: given.end, timezone: given.timezone ?? "UTC", min: String(given.min) };
}

/** Workdays, where the browser is. */
export function suggestSchedule(timezone: string): Schedule {
  return { start: "0 8 * * mon-fri", end: "0 20 * * mon-fri", timezone, min: "1" };
}

export function toggleTrigger(triggers: Triggers, kind: SimpleTrigger, on: boolean): Triggers {
  const simple = { ...triggers.simple, [kind]: on ? TRIGGER_FIELDS[kind] : undefined };
  return { ...triggers, simple };
}

/** Whether anything is watched; nothing: the API's default. */
export function isEmpty({ simple, schedules }: Triggers): boolean {
  return schedules.length === 0 && SIMPLE_TRIGGERS.every((kind) => !simple[kind]);
}

/** What is watched, in the order of the form. */
export function listOn({ simple, schedules }: Triggers): (SimpleTrigger | "schedules")[] {
  const on: (SimpleTrigger | "schedules")[] = SIMPLE_TRIGGERS.filter((kind) => simple[kind]);
  return schedules.length > 0 ? [...on, "schedules"] : on;
}
