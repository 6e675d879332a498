import { t, type StringKey } from "../strings";
import { Badge, phaseTone } from "./badge";

const NAMES: Record<string, StringKey> = {
  NEW: "instances.phaseNew",
  DEPLOYING: "instances.phaseDeploying",
  ACTIVE: "instances.phaseActive",
  PARTIALLYDEPLOYED: "instances.phasePartial",
  PENDING: "instances.phaseAsleep",
  DISABLED: "instances.phaseStopped",
  ERROR: "instances.phaseError",
  DELETING: "instances.phaseDeleting",
};

/** What an instance does, in words. */
export function phaseName(status: string): string {
  const name = NAMES[status];
  return name ? t(name) : status;
}

export function PhaseBadge({ status }: { status: string }) {
  return (
    <Badge tone={phaseTone(status)} dot>
      {phaseName(status)}
    </Badge>
  );
}
