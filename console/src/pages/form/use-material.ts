import type { Problem } from "../../rest/client";
import { usePolled } from "../../rest/polled";
import type { Material } from "./material";

const ROOM_SECONDS = 15;

/** Null until all of it is there; `problem`: why it is not. */
export function useMaterial(): { material: Material | null; problem: Problem | null; refresh: () => void } {
  const models = usePolled("/models", 0);
  const hardwares = usePolled("/hardwares", 0);
  const regions = usePolled("/regions", ROOM_SECONDS);
  const registries = usePolled("/registries", 0);
  const keys = usePolled("/api-keys", 0);
  const all = [models, hardwares, regions, registries, keys];
  const refresh = () => all.forEach((each) => each.refresh());
  const problem = all.find((each) => each.problem)?.problem ?? null;
  if (!models.data || !hardwares.data || !regions.data || !registries.data || !keys.data) {
    return { material: null, problem, refresh };
  }
  const material = {
    models: models.data,
    hardwares: hardwares.data,
    regions: regions.data,
    registries: registries.data,
    keys: keys.data.filter((key) => key.scopes.includes("inference")),
  };
  return { material, problem, refresh };
}
