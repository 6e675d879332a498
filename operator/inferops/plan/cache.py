"""The volume that keeps a model's files, so that a start does not download them again."""

from inferops.names import Manifest
from inferops.plan.labels import child_metadata
from inferops.plan.types import Resolved

CACHE_MOUNT = "/cache"


def cache_claim_name(resolved: Resolved) -> str | None:
    """The PersistentVolumeClaim of the cache: the user's, ours, or none."""
    cache = resolved.spec.cache
    if cache is None:
        return None
    return cache.claim or f"{resolved.id}-cache"


def plan_cache_volume(resolved: Resolved) -> Manifest:
    """The pod's volume: always there, so that the engine has one place for its caches; empty without a claim."""
    if claim := cache_claim_name(resolved):
        return {"name": "cache", "persistentVolumeClaim": {"claimName": claim}}
    return {"name": "cache", "emptyDir": {}}


def plan_cache_claim(resolved: Resolved) -> list[Manifest]:
    """The claim, where the instance asks for a size.

    Several replicas may be on several nodes and need ReadWriteMany. A claim that exists keeps its access modes and
    class, which Kubernetes never lets change.
    """
    cache = resolved.spec.cache
    if cache is None or cache.size is None:
        return []
    live = (resolved.claim or {}).get("spec") or {}
    modes = ["ReadWriteMany" if resolved.max_replicas > 1 else "ReadWriteOnce"]
    spec: Manifest = {
        "accessModes": live.get("accessModes", modes),
        "resources": {"requests": {"storage": cache.size}},
    }
    if storage_class := live.get("storageClassName", cache.storage_class):
        spec["storageClassName"] = storage_class
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": child_metadata(resolved, f"{resolved.id}-cache", "cache"),
            "spec": spec,
        }
    ]
