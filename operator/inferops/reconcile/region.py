"""Region: what its nodes still have room for, counted anew soon after a node or a pod changed."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from inferops.cluster.cluster import Cluster
from inferops.cluster.store import name_of
from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.capacity import Need, need_hardware, nodes_of
from inferops.reconcile.dependents import users_of_hardware
from inferops.reconcile.queue import Key
from inferops.settings import Settings
from inferops.specs.base import read_spec
from inferops.specs.catalog import HardwareSpec, RegionSpec

ROOM_SECONDS = 15.0
"""How long after its room was taken or came back an instance that sleeps looks whether that is still so."""

NO_USE: Mapping[str, Decimal] = {}


class Room(NamedTuple):
    """Replicas of one hardware that would still fit, and that would fit if no pod were there."""

    free: int
    total: int


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
    rows = [{"hardware": name, "capacity": room.free, "total": room.total} for name, room in counted.items()]
    await cluster.apply_status(obj, {"capacities": rows})
    before = {each["hardware"]: each["capacity"] for each in (obj.get("status") or {}).get("capacities") or []}
    for hardware in (name for name, room in counted.items() if bool(room.free) != bool(before.get(name, room.free))):
        for user in users_of_hardware(cluster, hardware, key.name):
            cluster.look_again(user.kind, (user.namespace, user.name), ROOM_SECONDS)
    return None


def count_capacities(cluster: Cluster, region: RegionSpec) -> dict[str, Room]:
    """Replicas of each Hardware that parses, by its name."""
    nodes, counted = nodes_of(region, cluster.stores["Node"].values()), dict[str, Room]()
    for obj in sorted(cluster.stores["Hardware"].values(), key=name_of):
        _, name = name_of(obj)
        try:
            need = need_hardware(read_spec(HardwareSpec, obj), region)
        except SpecError:
            continue  # the instances that name it say so
        counted[name] = count_room(cluster, need, nodes) if need else Room(0, 0)
    return counted


def count_room(cluster: Cluster, need: Need, nodes: list[Manifest]) -> Room:
    """Of one need on the nodes together."""
    free = cluster.rooms.count(need, nodes, cluster.occupancy.use_of)
    return Room(free, cluster.sizes.count(need, nodes, lambda _: NO_USE))
