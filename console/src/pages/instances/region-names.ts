import { useMemo } from "preact/hooks";
import { usePolled } from "../../rest/polled";
import type { RegionNames } from "./replicas";

const SECONDS = 60;

/** What people call regions, by the numbers that instances have them by. */
export function useRegionNames(): RegionNames {
  const { data } = usePolled("/regions", SECONDS);
  return useMemo(() => new Map(data?.map(({ id, name }) => [id, name])), [data]);
}
