"""Triggers that see nothing: by what control could not read, and by what the autoscaler says."""

from collections.abc import Mapping

from inferops.names import Manifest
from inferops.plan.conditions import Verdict, find_condition, no
from inferops.plan.diagnosis.words import quoted
from inferops.plan.types import InstanceInputs, Observed

HELD = "Some triggers see nothing; they hold the replicas as they are while it is in use, and the others still act."


def judge_metrics(inputs: InstanceInputs, observed: Observed) -> Verdict | None:
    """Condition Scalable, where not all that triggers need can be read."""
    if problem := (inputs.obj.get("status") or {}).get("metricsProblem"):
        return no("Scalable", "MetricsMissing", f"{HELD} {problem}")
    if not observed.scaler_unready:
        return None
    failing = find_failing(observed)
    said = next((failing[name] for name in sorted(failing)), None)
    if said is None:
        return None
    text = f"The autoscaler cannot read all that it needs, and takes no replica away: {quoted(said.get('message', ''))}"
    return no("Scalable", "MetricsMissing", f"{text} CPU and memory come from metrics-server: see `kubectl top pods`.")


def find_failing(observed: Observed) -> Mapping[str, Manifest]:
    """By region's workload: what KEDA says of an autoscaler that cannot work though a pod is ready. While the first one
    starts, it cannot either.
    """
    found: dict[str, Manifest] = {}
    for name, scaled in observed.scaled_objects.items():
        active = find_condition(scaled, "HPAActive")
        ready = ((observed.deployments.get(name) or {}).get("status") or {}).get("readyReplicas")
        if ready and active and active["status"] == "False":
            found[name] = active
    return found
