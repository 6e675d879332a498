"""Which of our objects a changed object concerns."""

from inferops.cluster.cluster import Cluster
from inferops.names import GROUP, Manifest, instance_id
from inferops.plan.references import claims, model_claim, references
from inferops.reconcile.gather import MOST_NAMESAKES
from inferops.reconcile.queue import Key

REFERRERS: dict[str, tuple[str, ...]] = {
    "Model": ("InferenceInstance",),
    "Hardware": ("InferenceInstance", "Model"),
    "Region": ("InferenceInstance",),
    "Registry": ("InferenceInstance",),
    "ApiKey": ("InferenceInstance",),
    "Secret": ("Registry", "ApiKey"),
}
"""By kind: the kinds whose objects name it. A Model passes news of its Hardware on to the instances that name it."""
RECONCILED = {"InferenceInstance", "Registry", "ApiKey"}


def dependents(cluster: Cluster, obj: Manifest) -> set[Key]:
    """Keys to reconcile after a change of `obj`, which may be of any kind; an unknown one concerns nobody."""
    kind, meta = obj.get("kind", ""), obj.get("metadata") or {}
    keys = owners(obj)
    if kind == "Pod":
        return keys | {Key(*reference) for reference in references(obj)}
    if kind == "Hardware":
        keys |= all_regions(cluster)
    if kind == "InferenceInstance":
        keys |= rivals(cluster, obj)
    for referrer in REFERRERS.get(kind, ()):
        store, reference = cluster.stores[referrer], (kind, meta.get("namespace", ""), meta.get("name", ""))
        if referrer in RECONCILED:
            keys |= {Key(referrer, *name) for name in store.names_referring(*reference)}
        else:
            keys = keys.union(*(dependents(cluster, other) for other in store.referring(*reference)))
    return keys


def all_regions(cluster: Cluster) -> set[Key]:
    """Whose capacities a node, a pod or a Hardware may change."""
    return {Key("Region", *name) for name in cluster.stores["Region"].names()}


def users_of_hardware(cluster: Cluster, hardware: str, region: str) -> set[Key]:
    """Instances that ask for the Hardware in the Region, by themselves or as the default of their Model."""
    users = dependents(cluster, {"kind": "Hardware", "metadata": {"name": hardware}})
    here = cluster.stores["InferenceInstance"].names_referring("Region", "", region)
    return users & {Key("InferenceInstance", *name) for name in here}


def rivals(cluster: Cluster, obj: Manifest) -> set[Key]:
    """Instances that ask for the same host name, for one with its id, or for the same model name: what it gives up may
    now be theirs.
    """
    meta = obj["metadata"]
    names = [*claims(obj)[:1], ("Host", "", instance_id(meta["namespace"], meta["name"]))]
    store = cluster.stores["InferenceInstance"]
    names += [claim for claim in model_claim(obj) if len(store.names_referring(*claim)) <= MOST_NAMESAKES]
    keys = {Key("InferenceInstance", *other) for name in names for other in store.names_referring(*name)}
    return keys - {Key("InferenceInstance", meta["namespace"], meta["name"])}


def owners(obj: Manifest) -> set[Key]:
    """Our object that controls it."""
    meta = obj.get("metadata") or {}
    return {
        Key(owner["kind"], meta.get("namespace", ""), owner["name"])
        for owner in meta.get("ownerReferences") or []
        if owner.get("controller") and owner.get("apiVersion", "").startswith(f"{GROUP}/")
    }
