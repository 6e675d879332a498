/** What the form holds -> what is sent: all of a new instance, and of a change what differs. */
import type { Schemas } from "../../rest/client";
import { buildDraft, LIMITS, type Draft, type RegionDraft } from "./draft";
import { isEmpty, SIMPLE_TRIGGERS, type Triggers } from "./triggers";

/** Fields of the REST API; null: its default (of podLifetime: never). */
type Fields = Record<string, unknown>;

/** What a new instance says also where it is the default. */
const ALWAYS = new Set(["podLifetime", "auth", "autoScalingConfigurations"]);
/** What depends on the model: a change of it sends them along, so that the form's word holds. */
const OF_THE_MODEL = ["hardwareId", "containerPort"];

export function buildFields(draft: Draft): Fields {
  const { source } = draft;
  return {
    modelId: source === "model" ? text(draft.modelId) : null,
    image: source === "image" ? text(draft.image) : null,
    registryId: text(draft.registryId),
    hardwareId: text(draft.hardwareId),
    containerPort: number(draft.containerPort),
    startupCommand: text(draft.startupCommand),
    startupArgs: text(draft.startupArgs),
    description: text(draft.description),
    podLifetime: draft.neverSleeps ? null : (number(draft.podLifetime) ?? ""),
    envs: buildVariables(draft),
    auth: draft.isPublic ? "None" : "ApiKey",
    apiKeyIds: draft.isPublic || draft.apiKeyIds.length === 0 ? null : draft.apiKeyIds,
    autoScalingConfigurations: draft.regions.map(buildScaling),
    limits: buildLimits(draft),
    loadBalancing: draft.loadBalancing,
    resend: draft.resend,
    weight: number(draft.weight),
  };
}

// what is wrong with what was typed is the API's to say: the type stands for a body of its shape
export function buildCreate(draft: Draft): Schemas["InstanceCreate"] {
  const defaults = buildFields(buildDraft());
  const isSaid = ([name, value]: [string, unknown]) =>
    ALWAYS.has(name) || (value !== null && JSON.stringify(value) !== JSON.stringify(defaults[name]));
  const fields = Object.entries(buildFields(draft)).filter(isSaid);
  return { name: draft.name, ...Object.fromEntries(fields) } as unknown as Schemas["InstanceCreate"];
}

/** What differs from what was read. */
export function buildPatch(draft: Draft, seen: Draft): Schemas["InstancePatch"] {
  const before = buildFields(seen);
  const after = buildFields(draft);
  const differs = (name: string): boolean => JSON.stringify(after[name]) !== JSON.stringify(before[name]);
  const names = Object.keys(after).filter(
    (name) => differs(name) || (differs("modelId") && OF_THE_MODEL.includes(name)),
  );
  return Object.fromEntries(names.map((name) => [name, after[name]])); // as above
}

/** What to ask the prices of. */
export function buildQuestion(hardwareId: string, regions: readonly RegionDraft[], bound: "min" | "max") {
  const counted = regions.map((region) => ({
    regionId: Number(region.regionId),
    scale: { max: Number(region[bound]) },
  }));
  return { hardwareId, autoScalingConfigurations: counted.filter(({ scale }) => scale.max > 0) };
}

function buildVariables({ envs }: Draft): Fields | null {
  const named = envs.filter(({ name, value }) => name !== "" || value !== "");
  return named.length ? Object.fromEntries(named.map(({ name, value }) => [name, value])) : null;
}

function buildLimits({ limits }: Draft): Fields | null {
  const given = LIMITS.filter((name) => limits[name].trim() !== "");
  const read = (name: (typeof LIMITS)[number]) => (name === "maxRequestBytes" ? limits[name] : number(limits[name]));
  return given.length > 0 ? Object.fromEntries(given.map((name) => [name, read(name)])) : null;
}

function buildScaling(region: RegionDraft): Fields {
  const scale = {
    min: number(region.min),
    max: number(region.max),
    cooldownPeriod: number(region.cooldownPeriod),
    pollingInterval: number(region.pollingInterval),
    triggers: isEmpty(region.triggers) ? null : buildTriggers(region.triggers),
  };
  const said = Object.entries(scale).filter(([name, value]) => value !== null || name === "min" || name === "max");
  return { regionId: number(region.regionId), scale: Object.fromEntries(said) };
}

function buildTriggers({ simple, schedules }: Triggers): Fields {
  const on = SIMPLE_TRIGGERS.flatMap((kind) => {
    const fields = simple[kind];
    return fields ? [[kind, buildNumbers(fields)] as const] : [];
  });
  const times = schedules.map((each) => ({ ...each, min: number(each.min) }));
  return { ...Object.fromEntries(on), ...(times.length ? { schedules: times } : {}) };
}

function buildNumbers(fields: Record<string, string>): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, number(value)]));
}

function text(value: string): string | null {
  return value.trim() === "" ? null : value;
}

/** A number where it is one; else what was typed, which the API refuses by its field; null where nothing was. */
function number(value: string): number | string | null {
  const trimmed = value.trim();
  if (trimmed === "") return null;
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
}
