/** Replicas that are ready, of those that there are, in each region. */
import { t } from "../../strings";
import type { Instance } from "./rows";

export type RegionNames = ReadonlyMap<number, string>;
type Container = Instance["containers"][number];

/** More are a number; all of them stand in the title. */
const SHOWN = 2;

export function Replicas({ of: { containers }, regions }: { of: Instance; regions: RegionNames }) {
  const more = containers.length - SHOWN;
  return (
    <span class="instance-replicas" title={containers.map((each) => describe(each, regions)).join("\n")}>
      {containers.slice(0, SHOWN).map((each) => (
        <span key={each.regionId} class={tone(each)}>
          <strong>
            {each.deployStatus.ready}/{each.deployStatus.total}
          </strong>
          <span class="muted small">{nameRegion(each.regionId, regions)}</span>
        </span>
      ))}
      {more > 0 && <span class="muted small">{t("instances.moreRegions", { count: more })}</span>}
    </span>
  );
}

export function nameRegion(id: number | null, regions: RegionNames): string {
  if (id === null) return "–";
  return regions.get(id) ?? t("instances.region", { id: String(id) });
}

function describe(container: Container, regions: RegionNames): string {
  const { ready, total } = container.deployStatus;
  return `${nameRegion(container.regionId, regions)}: ${t("instances.readyOf", { ready, total, max: container.scale.max })}`;
}

function tone({ errorMessage, deployStatus: { ready, total } }: Container): string {
  if (errorMessage) return "bad";
  return ready < total ? "busy" : "";
}
