"""Who decides on the replicas of a region, and the ScaledObject by which KEDA does.

There is never a `fallback`: in an outage it would either pin the replicas for ever or end open streams.
"""

from inferops.names import Manifest, region_name
from inferops.plan.labels import child_metadata
from inferops.plan.triggers import plan_triggers, pod_lifetime
from inferops.plan.types import Parsed, Replicas, Resolved
from inferops.specs.scaling import DEFAULT_TRIGGERS, RegionScale, Scale

PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"
LONGEST_POLL = 30
"""Seconds; KEDA's own default."""
SCALE_UP_PERIOD = 15
"""Seconds; the HPA's own rhythm."""


def plan_replicas(resolved: Resolved, scale: Scale) -> Replicas:
    """Without KEDA nothing scales: a new instance gets at least one replica; what KEDA or a person has set stays."""
    stopped = resolved.spec.stopped
    if resolved.keda:
        return Replicas(fixed=None, initial=0 if stopped else scale.min)
    if stopped:
        return Replicas(fixed=0, initial=0)
    fixed = max(scale.min, 1)
    return Replicas(fixed=fixed, initial=fixed, least=scale.min)


def is_scheduled(scale: Scale) -> bool:
    """Whether a schedule may wake the region."""
    return bool(scale.triggers and scale.triggers.schedules)


def falls_asleep(scale: Scale) -> bool:
    """Whether control puts the region to sleep at the end of podLifetime; KEDA alone knows the times of schedules."""
    return scale.min == 0 and not is_scheduled(scale)


def polling_interval(scale: Scale, lifetime: int | None) -> int:
    """Seconds between KEDA's polls, each of which costs KEDA and control 4 ms of CPU. By so much a sleep comes late
    where KEDA alone decides on it. Waking is pushed, and never waits.
    """
    derived = LONGEST_POLL if lifetime is None or falls_asleep(scale) else min(max(lifetime // 20, 2), LONGEST_POLL)
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
