/** What there is to choose from, as the API has it, and what follows from it. PURE. */
import type { Schemas } from "../../rest/client";

export interface Material {
  models: Schemas["Model"][];
  hardwares: Schemas["Hardware"][];
  /** With what is free there. */
  regions: Schemas["Region"][];
  registries: Schemas["Registry"][];
  keys: Schemas["Key"][];
}

/** Of the form's own choice, or of its model. */
export function findHardware(material: Material, modelId: string, hardwareId: string): string {
  return hardwareId || (material.models.find((model) => model.id === modelId)?.defaultHardwareId ?? "");
}

/** How many replicas would still fit; null: the region does not know the hardware. */
export function findRoom(region: Schemas["Region"], hardwareId: string): number | null {
  return region.capacities.find((each) => each.hardwareId === hardwareId)?.capacity ?? null;
}

/** What has room in these regions first, then what costs less. */
export function sortHardwares(
  hardwares: readonly Schemas["Hardware"][],
  regions: readonly Schemas["Region"][],
): Schemas["Hardware"][] {
  const isFull = (id: string) => Number(!regions.some((region) => (findRoom(region, id) ?? 0) > 0));
  return hardwares.toSorted((a, b) => isFull(a.id) - isFull(b.id) || a.hourlyPrice - b.hourlyPrice);
}

/** What a new instance begins with: the `wanted` model, or the first that would start at once, where there is one. */
export function suggestStart({ models, regions }: Material, wanted: string): { modelId: string; regionId: string } {
  const fits = (model: Schemas["Model"]) =>
    regions.find((region) => (findRoom(region, model.defaultHardwareId ?? "") ?? 0) > 0);
  const model = models.find(({ id }) => id === wanted) ?? models.find(fits) ?? models[0];
  const region = (model && fits(model)) ?? regions[0];
  return { modelId: model?.id ?? "", regionId: region ? String(region.id) : "" };
}

/** The name itself, or with the first number that nobody has. */
export function suggestName(name: string, taken: ReadonlySet<string>): string {
  let chosen = name;
  for (let number = 2; taken.has(chosen); number++) chosen = `${name}-${number}`;
  return chosen;
}
