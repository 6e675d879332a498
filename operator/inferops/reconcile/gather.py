"""All reads for one decision about an instance, from the stores."""

from inferops.cluster.cluster import Cluster
from inferops.names import Manifest, instance_id
from inferops.plan.references import Reference, references
from inferops.plan.types import InstanceInputs, Observed

CLUSTER_WIDE = {"Model", "Hardware", "Region"}


def gather_instance(cluster: Cluster, obj: Manifest) -> InstanceInputs:
    """What the plan of an instance depends on."""
    meta = obj["metadata"]
    named: dict[tuple[str, str], Manifest] = {}
    missing: set[str] = set()
    wanted = references(obj)
    while wanted:
        kind, namespace, name = wanted.pop()
        found = cluster.stores[kind].get(namespace, name)
        if found is None:
            missing.add(kind)
        elif (kind, name) not in named:
            named[kind, name] = found
            wanted.extend(defaults(found))
    return InstanceInputs(
        obj=obj,
        named=named,
        known={kind: known_names(cluster, kind, meta["namespace"]) for kind in sorted(missing)},
        keda=cluster.stores["ScaledObject"].served,
        claim=cluster.stores["PersistentVolumeClaim"].get(
            meta["namespace"], f"{instance_id(meta['namespace'], meta['name'])}-cache"
        ),
    )


def defaults(found: Manifest) -> list[Reference]:
    """What a named object stands in for: a Model's default hardware. A Registry's Secret is its own affair."""
    return references(found) if found["kind"] == "Model" else []


def known_names(cluster: Cluster, kind: str, namespace: str) -> list[str]:
    """Names that an instance of the namespace could have meant."""
    objects = cluster.stores[kind].values()
    return [
        obj["metadata"]["name"]
        for obj in objects
        if kind in CLUSTER_WIDE or obj["metadata"].get("namespace") == namespace
    ]


def observe_instance(
    cluster: Cluster, obj: Manifest, *, scaler_unready: bool = False, rejected: str | None = None
) -> Observed:
    """What there is of an instance's children."""
    meta = obj["metadata"]
    return Observed(
        deployments=by_name(cluster.stores["Deployment"].owned_by(meta["uid"])),
        scaled_objects=by_name(cluster.stores["ScaledObject"].owned_by(meta["uid"])),
        pods=cluster.stores["Pod"].referring("InferenceInstance", meta["namespace"], meta["name"]),
        scaler_unready=scaler_unready,
        rejected=rejected,
    )


def by_name(objects: list[Manifest]) -> dict[str, Manifest]:
    """Objects by their name, without those that are on their way out."""
    return {obj["metadata"]["name"]: obj for obj in objects if not obj["metadata"].get("deletionTimestamp")}
