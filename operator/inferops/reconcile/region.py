"""Region: what its nodes still have room for, counted anew soon after a node or a pod changed."""

from datetime import datetime

from inferops.cluster.cluster import Cluster
from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.capacity import need_hardware, nodes_of
from inferops.reconcile.dependents import users_of_hardware
from inferops.reconcile.queue import Key
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.catalog import HardwareSpec, RegionSpec

ROOM_SECONDS = 15.0
"""How long after its room was taken or came back an instance that sleeps looks whether that is still so."""


async def reconcile_region(cluster: Cluster, settings: Settings, key: Key, now: datetime) -> float | None:  # noqa: ARG001 - all reconcilers are called alike
    """One count. A Region that does not parse has no capacities."""
    obj = cluster.stores["Region"].get("", key.name)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return None
    try:
        region = read_spec(RegionSpec, obj)
    except SpecError:
        await cluster.apply_status(obj, {})
        return None
    counted = count_capacities(cluster, region)
    await cluster.apply_status(obj, {"capacities": [{"hardware": name, "capacity": n} for name, n in counted.items()]})
    before = {each["hardware"]: each["capacity"] for each in (obj.get("status") or {}).get("capacities") or []}
    for hardware in (name for name, count in counted.items() if bool(count) != bool(before.get(name, count))):
        for user in users_of_hardware(cluster, hardware, key.name):
            cluster.look_again(user.kind, (user.namespace, user.name), ROOM_SECONDS)
    return None


def count_capacities(cluster: Cluster, region: RegionSpec) -> dict[str, int]:
    """Replicas of each Hardware that parses that would still fit, by its name."""
    nodes, counted = nodes_of(region, cluster.stores["Node"].values()), dict[str, int]()
    for obj in sorted(cluster.stores["Hardware"].values(), key=name_of):
        try:
            need = need_hardware(read_spec(HardwareSpec, obj), region)
        except SpecError:
            continue  # the instances that name it say so
        counted[name_of(obj)] = cluster.rooms.count(need, nodes, cluster.occupancy.use_of) if need else 0
    return counted


def name_of(obj: Manifest) -> str:
    """Of a cluster-wide object."""
    return str(obj["metadata"]["name"])
