"""The volume that keeps a model's files, so that a start does not download them again."""

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.labels import child_metadata
from inferops.plan.types import Resolved
from inferops.specs.instance import Cache
from inferops.specs.quantities import read_quantity

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
    class, which Kubernetes never lets change. Raises SpecError where the spec asks for such a change.
    """
    cache = resolved.spec.cache
    if cache is None or cache.size is None:
        return []
    live = (resolved.claim or {}).get("spec") or {}
    check_claim(cache, live, f"{resolved.id}-cache")
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


def check_claim(cache: Cache, live: Manifest, name: str) -> None:
    """Refuse what can never be made so of a claim that exists: a smaller size, another class."""
    mend = f'go back to it, or delete PersistentVolumeClaim "{name}" and the files in it first'
    has = ((live.get("resources") or {}).get("requests") or {}).get("storage")
    size, wanted = read_quantity(has), read_quantity(cache.size)
    if size is not None and wanted is not None and wanted < size:
        raise SpecError(
            f"spec.cache.size: a volume never shrinks, and this one has {has} (got {cache.size}); {mend}",
            reason="CacheImmutable",
        )
    storage_class = live.get("storageClassName")
    if storage_class and cache.storage_class and storage_class != cache.storage_class:
        raise SpecError(
            f'spec.cache.storageClass: a volume keeps its class, and this one is of "{storage_class}"'
            f' (got "{cache.storage_class}"); {mend}',
            reason="CacheImmutable",
        )
