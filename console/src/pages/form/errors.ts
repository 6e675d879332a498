/** The API's field errors -> the inputs that they are about. */
import type { Problem } from "../../rest/client";
import { LIMITS, type Draft } from "./draft";
import { SIMPLE_TRIGGERS, TRIGGER_FIELDS } from "./triggers";

/** Messages by the path of an input or a group of inputs; under "" those that belong to none. */
export type Errors = ReadonlyMap<string, readonly string[]>;

const CONFLICT = 409;
/** What the API calls the body as a whole. */
const WHOLE = new Set(["", "body", "spec"]);

/** `isNew`: a conflict is about the name. */
export function placeErrors(problem: Problem | null, draft: Draft, isNew: boolean): Errors {
  const placed = new Map<string, string[]>();
  if (!problem) return placed;
  const add = (path: string, message: string): void => {
    placed.set(path, [...(placed.get(path) ?? []), message]);
  };
  const paths = listPaths(draft);
  for (const { field, message } of problem.errors) {
    const path = findPath(field, paths);
    add(path, path || WHOLE.has(field) ? message : `${field}: ${message}`);
  }
  if (problem.errors.length === 0) add(isNew && problem.status === CONFLICT ? "name" : "", problem.detail);
  return placed;
}

/** The longest path that the field is, or lies below; "" where there is none. */
export function findPath(field: string, paths: readonly string[]): string {
  const above = paths.filter(
    (path) => field === path || (field.startsWith(path) && /[.[]/.test(field.charAt(path.length))),
  );
  return above.reduce((longest, path) => (path.length > longest.length ? path : longest), "");
}

/** Every input of the form, and groups that the API may speak of as a whole. */
export function listPaths(draft: Draft): string[] {
  const plain = [
    "name",
    "modelId",
    "image",
    "registryId",
    "hardwareId",
    "containerPort",
    "startupCommand",
    "startupArgs",
  ];
  const more = ["description", "podLifetime", "envs", "apiKeyIds", "auth", "autoScalingConfigurations"];
  const traffic = ["loadBalancing", "resend", "weight", "limits", ...LIMITS.map((name) => `limits.${name}`)];
  return [...plain, ...more, ...traffic, ...draft.regions.flatMap((_, place) => listRegionPaths(draft, place))];
}

export function regionPath(place: number): string {
  return `autoScalingConfigurations[${place}]`;
}

function listRegionPaths(draft: Draft, place: number): string[] {
  const region = regionPath(place);
  const scale = ["min", "max", "cooldownPeriod", "pollingInterval", "triggers"].map(
    (name) => `${region}.scale.${name}`,
  );
  const simple = SIMPLE_TRIGGERS.flatMap((kind) => [
    `${region}.scale.triggers.${kind}`,
    ...Object.keys(TRIGGER_FIELDS[kind]).map((name) => `${region}.scale.triggers.${kind}.${name}`),
  ]);
  const schedules = (draft.regions[place]?.triggers.schedules ?? []).flatMap((_, number) =>
    ["start", "end", "timezone", "min"].map((name) => `${region}.scale.triggers.schedules[${number}].${name}`),
  );
  return [region, `${region}.regionId`, ...scale, ...simple, ...schedules];
}
