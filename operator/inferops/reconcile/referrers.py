"""Who names an object."""

from inferops.cluster.cluster import Cluster
from inferops.names import Manifest
from inferops.plan.references import Reference, references


def find_referrers(cluster: Cluster, kind: str, reference: Reference) -> list[Manifest]:
    """Objects of `kind` that name the referenced one."""
    return [obj for obj in cluster.stores[kind].values() if reference in references(obj)]
