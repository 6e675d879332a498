"""All reads for one decision about an instance, from the stores."""

import re

from inferops.cluster.cluster import Cluster
from inferops.cluster.resources import RESOURCES
from inferops.cluster.store import name_of
from inferops.names import Manifest, instance_id, region_name
from inferops.plan.image_volumes import find_incapable, is_image
from inferops.plan.references import claims, defaults, model_claim, references
from inferops.plan.types import InstanceInputs, Observed

MOST_NAMESAKES = 16
"""A change of one concerns all: with many, that would be work for nothing."""


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
    leaving = find_leaving(cluster, obj)
    place = cluster.stores["Namespace"].get("", meta["namespace"])
    models = (found for (kind, _), found in named.items() if kind == "Model")
    in_image = any(is_image((model.get("spec") or {}).get("source")) for model in models)
    nodes = cluster.stores["Node"].values() if in_image else []
    return InstanceInputs(
        obj=obj,
        named=named,
        known={kind: known_names(cluster, kind, meta["namespace"]) for kind in sorted(missing)},
        keda=cluster.stores["ScaledObject"].served and not leaving,
        keda_leaving=leaving,
        claim=cluster.stores["PersistentVolumeClaim"].get(
            meta["namespace"], f"{instance_id(meta['namespace'], meta['name'])}-cache"
        ),
        rivals=find_rivals(cluster, obj),
        namesakes=find_namesakes(cluster, obj),
        gateway_api=cluster.stores["HTTPRoute"].served,
        incapable=find_incapable(nodes) if nodes else None,
        namespace_uid=place["metadata"]["uid"] if place else "",
    )


def find_leaving(cluster: Cluster, obj: Manifest) -> str:
    """Name of the first of its ScaledObjects that is being deleted; empty without one."""
    namespace, name = name_of(obj)
    regions = [region.get("region", "") for region in (obj.get("spec") or {}).get("regions") or []]
    scaled = (cluster.stores["ScaledObject"].get(namespace, region_name(namespace, name, each)) for each in regions)
    return next((each["metadata"]["name"] for each in scaled if each and "deletionTimestamp" in each["metadata"]), "")


def find_rivals(cluster: Cluster, obj: Manifest) -> list[Manifest]:
    """Other instances that ask for its host name, or whose id it asks for. The latter are looked for one by one: hardly
    anybody names a host of that form.
    """
    store = cluster.stores["InferenceInstance"]
    rivals = [rival for claim in claims(obj)[:1] for rival in store.referring(*claim)]
    label = next((name for _, _, name in claims(obj)[1:]), "")
    if looks_like_id(label):
        rivals += [other for other in store.values() if instance_id(*name_of(other)) == label]
    return [rival for rival in rivals if name_of(rival) != name_of(obj)]


def find_namesakes(cluster: Cluster, obj: Manifest) -> list[Manifest]:
    """Other instances of its namespace with the same model; none where they are so many that it says nothing."""
    store = cluster.stores["InferenceInstance"]
    return [
        other
        for claim in model_claim(obj)
        if len(store.names_referring(*claim)) <= MOST_NAMESAKES
        for other in store.referring(*claim)
        if name_of(other) != name_of(obj)
    ]


def looks_like_id(label: str) -> bool:
    """Whether a host's first label could be an instance's id."""
    return bool(re.fullmatch(r".+-[0-9a-f]{8}", label))


def known_names(cluster: Cluster, kind: str, namespace: str) -> list[str]:
    """Names that an instance of the namespace could have meant."""
    place = namespace if RESOURCES[kind].namespaced else ""
    return [name for where, name in cluster.stores[kind].names() if where == place]


def observe_instance(
    cluster: Cluster, obj: Manifest, *, scaler_unready: bool = False, rejected: str | None = None
) -> Observed:
    """What there is of an instance's children."""
    meta = obj["metadata"]
    return Observed(
        deployments=by_name(cluster.stores["Deployment"].owned_by(meta["uid"])),
        scaled_objects=by_name(cluster.stores["ScaledObject"].owned_by(meta["uid"])),
        routes=cluster.stores["HTTPRoute"].owned_by(meta["uid"]),
        pods=cluster.stores["Pod"].referring("InferenceInstance", meta["namespace"], meta["name"]),
        scaler_unready=scaler_unready,
        rejected=rejected,
    )


def by_name(objects: list[Manifest]) -> dict[str, Manifest]:
    """Objects by their name, without those that are on their way out."""
    return {obj["metadata"]["name"]: obj for obj in objects if not obj["metadata"].get("deletionTimestamp")}
