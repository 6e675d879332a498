"""Which of our objects a changed object concerns."""

from inferops.cluster.cluster import Cluster
from inferops.names import GROUP, Manifest, instance_id
from inferops.plan.references import claims, references
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
        keys |= {Key("Region", "", region["metadata"]["name"]) for region in cluster.stores["Region"].values()}
    if kind == "InferenceInstance":
        keys |= rivals(cluster, obj)
    for referrer in REFERRERS.get(kind, ()):
        for other in cluster.stores[referrer].referring(kind, meta.get("namespace", ""), meta.get("name", "")):
            if referrer in RECONCILED:
                keys.add(Key(referrer, other["metadata"]["namespace"], other["metadata"]["name"]))
            else:
                keys |= dependents(cluster, other)
    return keys


def rivals(cluster: Cluster, obj: Manifest) -> set[Key]:
    """Instances that ask for the same host name, or for one with its id: what it gives up may now be theirs."""
    meta = obj["metadata"]
    names = [*claims(obj)[:1], ("Host", "", instance_id(meta["namespace"], meta["name"]))]
    found = (other["metadata"] for name in names for other in cluster.stores["InferenceInstance"].referring(*name))
    keys = {Key("InferenceInstance", other["namespace"], other["name"]) for other in found}
    return keys - {Key("InferenceInstance", meta["namespace"], meta["name"])}


def owners(obj: Manifest) -> set[Key]:
    """Our object that controls it."""
    meta = obj.get("metadata") or {}
    return {
        Key(owner["kind"], meta.get("namespace", ""), owner["name"])
        for owner in meta.get("ownerReferences") or []
        if owner.get("controller") and owner.get("apiVersion", "").startswith(f"{GROUP}/")
    }
