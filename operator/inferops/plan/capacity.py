"""How many replicas of each hardware would still fit into a region: the scheduler's arithmetic over free resources."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from inferops.names import Manifest
from inferops.plan.diagnosis.placement import matches, repelling_taints, room_on
from inferops.plan.pod import as_manifest
from inferops.specs.catalog import HardwareSpec, RegionSpec
from inferops.specs.quantities import read_quantity

Use = Mapping[str, Mapping[str, Decimal]]
"""By node and resource: what its pods ask for."""


def nodes_of(region: RegionSpec, nodes: Iterable[Manifest]) -> list[Manifest]:
    """The region's nodes."""
    return [node for node in nodes if matches(node, region.node_selector or {})]


def plan_capacities(hardware: Mapping[str, HardwareSpec], nodes: Iterable[Manifest], used: Use) -> list[Manifest]:
    """status.capacities of a region with these nodes, by the hardware's name."""
    nodes = list(nodes)
    return [{"hardware": name, "capacity": count_fits(hardware[name], nodes, used)} for name in sorted(hardware)]


def count_fits(hardware: HardwareSpec, nodes: Iterable[Manifest], used: Use) -> int:
    """Replicas that fit on the nodes together."""
    pod = {"spec": {"tolerations": [as_manifest(toleration) for toleration in hardware.tolerations or []]}}
    suitable = (
        node
        for node in nodes
        if matches(node, hardware.node_selector or {}) and not repelling_taints(node, pod)  # cordoned ones have a taint
    )
    return sum(fits_on(hardware, node, used) for node in suitable)


def fits_on(hardware: HardwareSpec, node: Manifest, used: Use) -> int:
    """Replicas that fit on one node; 0 where nobody could count its pods."""
    needs = {"pods": Decimal(1), "cpu": read_quantity(hardware.cpu), "memory": read_quantity(hardware.memory)}
    if hardware.gpu:
        needs[hardware.gpu.resource_name] = Decimal(hardware.gpu.count)
    free = ((need, room_on(node, resource, used).free) for resource, need in needs.items() if need)
    return min(int(left // need) if left is not None else 0 for need, left in free)
