"""InferenceInstance: gather -> plan -> apply -> status."""

from dataclasses import replace
from datetime import datetime

from inferops.cluster.cluster import Cluster
from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.hosts import find_host_conflict
from inferops.plan.regions import cramped_regions
from inferops.plan.silence import find_failing
from inferops.plan.status import build_status
from inferops.plan.types import Observed, Plan
from inferops.reconcile.apply import carry_out, lacks_scaled_object
from inferops.reconcile.debounce import Debounce
from inferops.reconcile.evidence import read_evidence
from inferops.reconcile.gather import gather_instance, observe_instance
from inferops.reconcile.queue import Key
from inferops.reconcile.status import write_status
from inferops.settings import Settings

UNREADY_SECONDS = 30.0
"""A restart of control or KEDA makes every ScaledObject unready for seconds: no news for the status."""
UNTAKEN_SECONDS, YOUNG_SECONDS = 1.0, 5.0
"""A young instance's first status waits a second for KEDA to take up its ScaledObject: that would be another status."""
SCALER_SECONDS = 2.0
"""Between looks whether control's scaler serves, where an instance waits for it."""
HOST_SECONDS = 60.0
"""Between looks whether a host name that another instance had is free: one that renounces it tells nobody."""


class InstanceReconciler:
    """Remembers since when instances are in states that count only once they have lasted."""

    def __init__(self) -> None:
        self._unready = Debounce(UNREADY_SECONDS)
        self._untaken = Debounce(UNTAKEN_SECONDS)

    async def __call__(self, cluster: Cluster, settings: Settings, key: Key, now: datetime) -> float | None:
        """One look at an instance; returns the seconds until it wants another without an event."""
        obj = cluster.stores["InferenceInstance"].get(key.namespace, key.name)
        if obj is None:
            for debounce in (self._unready, self._untaken):
                debounce.remaining(key, now, holds=False)
            return None  # the garbage collector takes its children
        inputs = gather_instance(cluster, obj)
        outcome, rejected = await carry_out(cluster, inputs, settings)
        unready = bool(inputs.keda_leaving) or is_unready(observe_instance(cluster, obj))
        wait = self._unready.remaining(key, now, holds=unready)
        said = str(rejected) if rejected else None
        observed = observe_instance(cluster, obj, scaler_unready=wait == 0, rejected=said)
        cramped = isinstance(outcome, Plan) and bool(cramped_regions(inputs, outcome.resolved))
        evidence, look_again = await read_evidence(cluster, obj, observed, now, cramped=cramped)
        observed = replace(observed, evidence=evidence)
        status = build_status(inputs, outcome, observed, settings, now)
        moment = self._untaken.remaining(key, now, holds=rejected is None and is_untaken(obj, status, now))
        if moment:
            return moment
        await write_status(cluster, obj, status)
        if rejected:
            raise rejected
        waits = [wait, look_again, HOST_SECONDS if find_host_conflict(inputs, settings) else None]
        waits.append(SCALER_SECONDS if lacks_scaled_object(cluster, outcome) else None)
        return min((seconds for seconds in waits if seconds), default=None)


def is_untaken(obj: Manifest, status: Manifest, now: datetime) -> bool:
    """Whether the instance is young, has no status yet, and this one would say that KEDA has yet to take it up."""
    scalable = find_condition({"status": status}, "Scalable")
    age = (now - datetime.fromisoformat(obj["metadata"]["creationTimestamp"])).total_seconds()
    first = not (obj.get("status") or {}).get("conditions") and 0 <= age < YOUNG_SECONDS
    return first and scalable is not None and scalable["reason"] == "Waiting"


def is_unready(observed: Observed) -> bool:
    """Whether KEDA says of one of the ScaledObjects that it, or its autoscaler, cannot work with it."""
    seen = (find_condition(scaled, "Ready") for scaled in observed.scaled_objects.values())
    return any(ready is not None and ready["status"] == "False" for ready in seen) or bool(find_failing(observed))
