"""Who decides on the replicas of a region, and the ScaledObject by which KEDA does.

The http and GPU triggers are served by control, KEDA's external scaler, because it knows what the gateway holds and
streams, and because "no data" must keep the replicas as they are. There is never a `fallback`: in an outage it would
either pin the replicas for ever or end open streams.
"""

from inferops.names import ENGINE_CONTAINER, Manifest, region_name
from inferops.plan.labels import child_metadata
from inferops.plan.types import Parsed, Replicas, Resolved
from inferops.specs.scaling import DEFAULT_TRIGGERS, RegionScale, Scale, Triggers

PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"
SHORTEST_LIFETIME = 60
"""What podLifetime 0 means."""
SCALE_UP_PERIOD = 15
"""Seconds; the HPA's own rhythm."""


def plan_replicas(resolved: Resolved, scale: Scale) -> Replicas:
    """Without KEDA the replicas are fixed, and at least one, since nothing could wake the instance."""
    stopped = resolved.spec.stopped
    if resolved.keda:
        return Replicas(fixed=None, initial=0 if stopped else scale.min)
    fixed = 0 if stopped else max(scale.min, 1)
    return Replicas(fixed=fixed, initial=fixed)


def pod_lifetime(given: int | None) -> int | None:
    """Seconds of idleness before replicas go down to scale.min; None: never."""
    return SHORTEST_LIFETIME if given == 0 else given


def polling_interval(scale: Scale, lifetime: int | None) -> int:
    """Seconds between KEDA's polls: by so much a scale to zero may come late. Waking is pushed, and never waits."""
    derived = 30 if lifetime is None else min(max(lifetime // 20, 2), 30)
    return scale.polling_interval or derived


def plan_scaled_object(parsed: Parsed, region: RegionScale) -> list[Manifest]:
    """The region's ScaledObject; its name has at most 54 characters, as KEDA demands.

    It holds no field with its default: KEDA writes the whole object back without those, and we would write them again.
    """
    if not parsed.keda:
        return []
    name = region_name(parsed.namespace, parsed.name, region.region)
    metadata = child_metadata(parsed, name, "scaling", region.region)
    if parsed.spec.stopped:
        metadata["annotations"] = {PAUSED_REPLICAS: "0"}
    spec: Manifest = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicaCount": region.scale.min,
        "maxReplicaCount": region.scale.max,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": plan_behavior(region.scale)}},
        "triggers": plan_triggers(parsed, region.scale.triggers or DEFAULT_TRIGGERS),
    }
    if region.scale.min == 0:
        spec |= plan_idle(parsed, region.scale)
    return [{"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": metadata, "spec": spec}]


def plan_idle(parsed: Parsed, scale: Scale) -> Manifest:
    """How the last replica goes. cooldownPeriod is 0 because control counts podLifetime itself, from the last answer
    on. With min > 0 these fields have no effect, and KEDA warns of them.
    """
    lifetime = pod_lifetime(parsed.spec.pod_lifetime)
    idle = {"pollingInterval": polling_interval(scale, lifetime), "cooldownPeriod": 0}
    return idle if lifetime is None else idle | {"initialCooldownPeriod": lifetime}


def plan_behavior(scale: Scale) -> Manifest:
    """Up in one step, down at most once in cooldownPeriod (autoscaling/v2 HorizontalPodAutoscalerBehavior)."""
    up = {"type": "Pods", "value": scale.max, "periodSeconds": SCALE_UP_PERIOD}
    # Kubernetes allows a policy period of at most 30 minutes
    down = {"type": "Percent", "value": 100, "periodSeconds": min(scale.cooldown_period, 1800)}
    return {
        "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [up]},
        "scaleDown": {"stabilizationWindowSeconds": scale.cooldown_period, "policies": [down]},
    }


def plan_triggers(parsed: Parsed, triggers: Triggers) -> list[Manifest]:
    """One entry for each trigger, http first: it is the one that wakes."""
    planned: list[Manifest] = []
    if triggers.http:
        planned.append(http_trigger(parsed, triggers.http.rate, triggers.http.window))
    if triggers.gpu_utilization:
        planned.append(gpu_trigger(parsed, "gpuUtilization", triggers.gpu_utilization.threshold))
    if triggers.gpu_memory:
        planned.append(gpu_trigger(parsed, "gpuMemory", triggers.gpu_memory.threshold))
    if triggers.cpu:
        planned.append(resource_trigger("cpu", triggers.cpu.threshold))
    if triggers.memory:
        planned.append(resource_trigger("memory", triggers.memory.threshold))
    return planned


def http_trigger(parsed: Parsed, rate: int, window: int) -> Manifest:
    """Requests per window and replica; pushed, so that a held request wakes the instance at once."""
    metadata = scaler_metadata(parsed, "http", rate) | {"window": str(window)}
    return {"type": "external-push", "name": "http", "metricType": "AverageValue", "metadata": metadata}


def gpu_trigger(parsed: Parsed, metric: str, threshold: int) -> Manifest:
    """A percentage over all replicas; polled, never wakes."""
    metadata = scaler_metadata(parsed, metric, threshold)
    return {"type": "external", "name": metric, "metricType": "Value", "metadata": metadata}


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


def resource_trigger(resource: str, threshold: int) -> Manifest:
    """KEDA's own trigger on the use of the engine's request."""
    metadata = {"value": str(threshold), "containerName": ENGINE_CONTAINER}
    return {"type": resource, "metricType": "Utilization", "metadata": metadata}
