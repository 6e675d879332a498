"""All reads for a diagnosis that the stores do not hold."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from inferops.cluster.cluster import Cluster
from inferops.names import Manifest
from inferops.plan.diagnosis.containers import node_of
from inferops.plan.diagnosis.finding import NO_EVIDENCE, Evidence
from inferops.plan.diagnosis.questions import plan_questions, unplaced
from inferops.plan.regions import is_alive, is_ready
from inferops.plan.types import Observed


async def read_evidence(
    cluster: Cluster, obj: Manifest, observed: Observed, now: datetime, *, cramped: bool = False
) -> tuple[Evidence, float | None]:
    """What explains the pods that do not answer, and the seconds until another look may say more; nothing is read where
    all is well. `cramped`: there may be no room for a replica.
    """
    silent = [pod for pod in observed.pods if is_alive(pod) and not is_ready(pod)]
    if not silent and not observed.scaler_unready:
        return replace(NO_EVIDENCE, nodes=cluster.stores["Node"].values() if cramped else ()), None
    nodes, namespace = read_nodes(cluster, silent, cramped=cramped), obj["metadata"]["namespace"]
    asked = plan_questions(silent, nodes, now)
    witness = cluster.witness
    evidence = Evidence(
        nodes=nodes,
        events=await witness.read_events(namespace) if asked.events or observed.scaler_unready else {},
        used=await read_use(cluster, asked.nodes),
        claims=await witness.read_claims(namespace, asked.claims),
        young=asked.young,
        overdue=asked.overdue,
    )
    return evidence, asked.wait


async def read_use(cluster: Cluster, nodes: Collection[str]) -> Mapping[str, Mapping[str, Decimal]]:
    """What the pods of each node ask for: known where they are watched, asked for by a person's command."""
    if cluster.occupancy.filled:
        return {node: cluster.occupancy.use_of(node) for node in nodes}
    return await cluster.witness.read_use(nodes)


def read_nodes(cluster: Cluster, silent: list[Manifest], *, cramped: bool) -> list[Manifest]:
    """All nodes where one is looked for; else those that the pods are on: a large cluster's nodes are much to read."""
    store = cluster.stores["Node"]
    if cramped or any(unplaced(pod) for pod in silent):
        return store.values()
    names = sorted({node_of(pod) for pod in silent})
    return [node for name in names if (node := store.get("", name)) is not None]
