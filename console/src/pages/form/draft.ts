/** What the form holds: what was typed as it was typed, numbers too, so that the API judges it and not the browser. */
import type { Schemas } from "../../rest/client";
import { buildSchedule, buildTrigger, SIMPLE_TRIGGERS, type Triggers } from "./triggers";

export type Source = "model" | "image" | "registry";

export interface RegionDraft {
  /** Number of the region as text; "": it is there no more. */
  regionId: string;
  min: string;
  max: string;
  cooldownPeriod: string;
  pollingInterval: string;
  triggers: Triggers;
}

export interface Variable {
  name: string;
  value: string;
}

export interface Draft {
  name: string;
  source: Source;
  modelId: string;
  image: string;
  registryId: string;
  /** "": the model's default. */
  hardwareId: string;
  containerPort: string;
  startupCommand: string;
  startupArgs: string;
  description: string;
  /** Seconds; `neverSleeps`: none. */
  podLifetime: string;
  neverSleeps: boolean;
  envs: Variable[];
  isPublic: boolean;
  apiKeyIds: string[];
  regions: RegionDraft[];
  /** "": the default. */
  limits: Record<Limit, string>;
  loadBalancing: Balancing;
  resend: boolean;
  weight: string;
}

export const LIMITS = ["requestTimeout", "holdTimeout", "maxHeldRequests", "maxRequestBytes"] as const;
export type Limit = (typeof LIMITS)[number];
export type Balancing = Schemas["InstanceDetail"]["loadBalancing"];

/** Wakes from zero and grows without a further word, once min or max is another. */
const DEFAULT_TARGET = "32";

export function buildRegion(regionId: string): RegionDraft {
  return {
    regionId,
    min: "1",
    max: "1",
    cooldownPeriod: "",
    pollingInterval: "",
    triggers: { simple: { concurrency: { target: DEFAULT_TARGET } }, schedules: [] },
  };
}

export function buildDraft(modelId = "", regionId = ""): Draft {
  return {
    name: modelId,
    source: "model",
    modelId,
    image: "",
    registryId: "",
    hardwareId: "",
    containerPort: "",
    startupCommand: "",
    startupArgs: "",
    description: "",
    podLifetime: "120",
    neverSleeps: false,
    envs: [],
    isPublic: false,
    apiKeyIds: [],
    regions: [buildRegion(regionId)],
    limits: { requestTimeout: "", holdTimeout: "", maxHeldRequests: "", maxRequestBytes: "" },
    loadBalancing: "LeastRequest",
    resend: true,
    weight: "",
  };
}

/** An instance as the form shows it. What equals its model's default counts as the default. */
export function readDraft(instance: Schemas["InstanceDetail"], model: Schemas["Model"] | undefined): Draft {
  const { containerPort: port, hardwareId: hardware } = instance;
  return {
    name: instance.name,
    source: instance.modelId ? "model" : instance.image ? "image" : "registry",
    modelId: instance.modelId ?? "",
    image: instance.image ?? "",
    registryId: instance.registryId ?? "",
    hardwareId: hardware === null || hardware === model?.defaultHardwareId ? "" : hardware,
    containerPort: port === model?.port ? "" : show(port),
    startupCommand: instance.startupCommand ?? "",
    startupArgs: instance.startupArgs ?? "",
    description: instance.description ?? "",
    podLifetime: show(instance.podLifetime),
    neverSleeps: instance.podLifetime === null,
    envs: Object.entries(instance.envs).map(([name, value]) => ({ name, value })),
    isPublic: instance.auth === "None",
    apiKeyIds: instance.apiKeysIds,
    regions: instance.containers.map(readRegion),
    limits: readLimits(instance.limits),
    loadBalancing: instance.loadBalancing,
    resend: instance.resend,
    weight: show(instance.weight),
  };
}

function readLimits(limits: Schemas["InstanceDetail"]["limits"]): Draft["limits"] {
  const { requestTimeout, holdTimeout, maxHeldRequests, maxRequestBytes } = limits;
  return {
    requestTimeout: show(requestTimeout),
    holdTimeout: show(holdTimeout),
    maxHeldRequests: show(maxHeldRequests),
    maxRequestBytes: maxRequestBytes ?? "",
  };
}

function readRegion({ regionId, scale }: Schemas["Container"]): RegionDraft {
  const triggers = scale.triggers ?? {};
  const simple = SIMPLE_TRIGGERS.flatMap((kind) => {
    const given = triggers[kind];
    return given ? [[kind, buildTrigger(given)] as const] : [];
  });
  return {
    regionId: show(regionId),
    min: show(scale.min),
    max: show(scale.max),
    cooldownPeriod: show(scale.cooldownPeriod),
    pollingInterval: show(scale.pollingInterval),
    triggers: { simple: Object.fromEntries(simple), schedules: (triggers.schedules ?? []).map(buildSchedule) },
  };
}

function show(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

/** Places of the variables whose value is not the last one that is given for their name, and so holds no more. */
export function findOverridden(envs: readonly Variable[]): ReadonlySet<number> {
  const last = new Map(envs.map(({ name }, place) => [name, place]));
  return new Set(envs.flatMap(({ name }, place) => (name !== "" && last.get(name) !== place ? [place] : [])));
}

/** My changes on top of a newer state: field by field, of fields that both changed mine. */
export function rebase(mine: Draft, seen: Draft, newest: Draft): Draft {
  const changed = Object.entries(mine).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(seen[field as keyof Draft]), // its own keys
  );
  return { ...newest, ...Object.fromEntries(changed) };
}
