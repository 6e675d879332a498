"""Region: what its nodes still have room for, counted once in a while."""

from datetime import datetime

from inferops.cluster.cluster import Cluster
from inferops.errors import SpecError
from inferops.plan.capacity import nodes_of, plan_capacities
from inferops.reconcile.queue import Key
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.catalog import HardwareSpec, RegionSpec

SHORTEST_WAIT = 60.0
WAIT_FOR_NODE = 0.5
"""Seconds between counts, and at least so many for each node: counting asks for the pods of every node."""


async def reconcile_region(cluster: Cluster, settings: Settings, key: Key, now: datetime) -> float | None:  # noqa: ARG001 - all reconcilers are called alike
    """One count; returns the seconds until the next. A Region that does not parse has no capacities."""
    obj = cluster.stores["Region"].get("", key.name)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return None
    try:
        region = read_spec(RegionSpec, obj)
    except SpecError:
        await cluster.apply_status(obj, {})
        return None
    nodes = nodes_of(region, cluster.stores["Node"].values())
    used = await cluster.witness.read_use([node["metadata"]["name"] for node in nodes])
    if len(used) < len(nodes):
        return SHORTEST_WAIT  # the API server did not answer for all: what was counted last is nearer the truth
    await cluster.apply_status(obj, {"capacities": plan_capacities(read_hardware(cluster), nodes, used)})
    return max(SHORTEST_WAIT, WAIT_FOR_NODE * len(nodes))


def read_hardware(cluster: Cluster) -> dict[str, HardwareSpec]:
    """All Hardwares that parse, by name."""
    found: dict[str, HardwareSpec] = {}
    for obj in cluster.stores["Hardware"].values():
        try:
            found[obj["metadata"]["name"]] = read_spec(HardwareSpec, obj)
        except SpecError:
            continue  # the instances that name it say so
    return found
