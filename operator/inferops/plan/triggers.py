"""The triggers of a ScaledObject: what KEDA asks of whom.

All but cpu, memory and schedules are served by control, KEDA's external scaler, because it knows what the gateway holds
and streams, and because "no data" must keep the replicas as they are. A percentage or mean over the replicas has
metricType Value: the autoscaler multiplies it by the ready pods, and an answer that is the target itself keeps them. A
sum has AverageValue: it needs no replica to be known.
"""

from collections.abc import Iterator

from inferops.names import ENGINE_CONTAINER, Manifest
from inferops.plan.types import Parsed
from inferops.specs.scaling import Schedule, Triggers

SHORTEST_LIFETIME = 60
"""What podLifetime 0 means."""


def pod_lifetime(given: int | None) -> int | None:
    """Seconds of idleness before replicas go down to scale.min; None: never."""
    return SHORTEST_LIFETIME if given == 0 else given


def plan_triggers(parsed: Parsed, triggers: Triggers) -> list[Manifest]:
    """One entry for each trigger, those that wake first."""
    own = (*plan_demand(parsed, triggers), *plan_measures(parsed, triggers))
    return [*own, *plan_resources(triggers), *plan_schedules(triggers.schedules or [])]


def plan_demand(parsed: Parsed, triggers: Triggers) -> Iterator[Manifest]:
    """What the gateways see; pushed, so that a held request wakes the instance at once."""
    if triggers.http:
        metadata = scaler_metadata(parsed, "http", triggers.http.rate) | {"window": str(triggers.http.window)}
        yield pushed_trigger("http", metadata)
    if triggers.concurrency:
        yield pushed_trigger("concurrency", scaler_metadata(parsed, "concurrency", triggers.concurrency.target))


def pushed_trigger(metric: str, metadata: dict[str, str]) -> Manifest:
    """A sum over all replicas."""
    return {"type": "external-push", "name": metric, "metricType": "AverageValue", "metadata": metadata}


def plan_measures(parsed: Parsed, triggers: Triggers) -> Iterator[Manifest]:
    """What GPUs and engines say; polled, never wakes."""
    targets = {
        "gpuUtilization": triggers.gpu_utilization and triggers.gpu_utilization.threshold,
        "gpuMemory": triggers.gpu_memory and triggers.gpu_memory.threshold,
        "tokens": triggers.tokens and triggers.tokens.per_second,
        "queue": triggers.queue and triggers.queue.waiting,
    }
    for metric, target in targets.items():
        if target:
            metadata = scaler_metadata(parsed, metric, target)
            yield {"type": "external", "name": metric, "metricType": "Value", "metadata": metadata}


def scaler_metadata(parsed: Parsed, metric: str, target: int) -> dict[str, str]:
    """What control reads; without podLifetime replicas never go down for idleness."""
    metadata = {
        "scalerAddress": parsed.settings.scaler.address,
        "metric": metric,
        "instance": parsed.id,
        "target": str(target),
    }
    lifetime = pod_lifetime(parsed.spec.pod_lifetime)
    return metadata if lifetime is None else metadata | {"podLifetime": str(lifetime)}


def plan_resources(triggers: Triggers) -> Iterator[Manifest]:
    """KEDA's own triggers on the use of the engine's request."""
    for resource, given in {"cpu": triggers.cpu, "memory": triggers.memory}.items():
        if given:
            metadata = {"value": str(given.threshold), "containerName": ENGINE_CONTAINER}
            yield {"type": resource, "metricType": "Utilization", "metadata": metadata}


def plan_schedules(schedules: list[Schedule]) -> Iterator[Manifest]:
    """KEDA's cron: within its times an instance is awake, and has so many replicas."""
    for number, schedule in enumerate(schedules):
        times = {"timezone": schedule.timezone, "start": schedule.start, "end": schedule.end}
        yield {
            "type": "cron",
            "name": f"schedule-{number}",
            "metadata": times | {"desiredReplicas": str(schedule.min)},
        }
