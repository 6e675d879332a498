"""Each planned object against what is there, for `inferops explain`."""

import asyncio
from collections.abc import Mapping

from inferops.cluster.cluster import Cluster, as_applied, check_owner, is_covered
from inferops.cluster.drift import find_drift
from inferops.cluster.inspector import Inspector
from inferops.cluster.store import name_of
from inferops.errors import ClusterError, NameConflict, SpecError
from inferops.names import Manifest
from inferops.plan.explain.examined import Child, Examined


async def read_children(
    inspector: Inspector, cluster: Cluster, listed: Mapping[tuple[str, str], Manifest], examined: Examined
) -> list[Child]:
    """Each planned object against what is there. What lacks our labels was not listed, and is asked for by name."""
    outcome = examined.outcome
    if isinstance(outcome, SpecError) or examined.blind:
        return []
    found = dict(listed)
    planned = {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in outcome.objects}
    unlisted = {
        key: name_of(obj) for key, obj in planned.items() if key not in found and key[0] not in examined.refusals
    }
    seen = await asyncio.gather(*(inspector.see(kind, *place) for (kind, _), place in unlisted.items()))
    found |= {key: each.first for key, each in zip(unlisted, seen, strict=True) if each.first}
    children = []
    for manifest in outcome.objects:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        if kind in examined.refusals:
            children.append(Child(kind, name, "unseen", examined.refusals[kind]))
        else:
            replicas = outcome.replicas.get(name) if kind == "Deployment" else None
            applied = as_applied(cluster.stores[kind], manifest, replicas) if replicas else manifest
            children.append(judge_child(cluster, applied, found.get((kind, name))))
    return children


def judge_child(cluster: Cluster, manifest: Manifest, live: Manifest | None) -> Child:
    """One object; `live` with its managedFields."""
    kind, (namespace, name) = manifest["kind"], name_of(manifest)
    if live is None:
        return Child(kind, name, "missing")
    try:
        check_owner(live, manifest)
    except NameConflict as error:
        return Child(kind, name, "foreign", str(error))
    except ClusterError:
        return Child(kind, name, "ending")
    store = cluster.stores[kind]
    if is_covered(store, store.get(namespace, name) or live, manifest):
        return Child(kind, name, "planned")
    differences = find_drift(live, manifest)
    return Child(kind, name, "drifted", "; ".join(map(str, differences)) or "the newest plan is not applied yet")
