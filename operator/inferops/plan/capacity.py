"""How many replicas would still fit: the scheduler's arithmetic over what nodes have and pods ask for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

import orjson

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.diagnosis.placement import matches, repelling_taints, room_on
from inferops.plan.diagnosis.requests import requests_of
from inferops.plan.pod import as_manifest
from inferops.specs.catalog import HardwareSpec, RegionSpec

UseOf = Callable[[str], Mapping[str, Decimal]]
"""By a node's name: what its pods ask for, by resource."""


class Need(NamedTuple):
    """What one replica needs of a node."""

    spec: Manifest
    """nodeSelector and tolerations of its pod."""
    requests: Mapping[str, Decimal]

    @property
    def key(self) -> bytes:
        """The same for equal needs."""
        return orjson.dumps([self.spec, sorted((name, str(amount)) for name, amount in self.requests.items())])


def nodes_of(region: RegionSpec, nodes: Iterable[Manifest]) -> list[Manifest]:
    """The region's nodes."""
    return [node for node in nodes if matches(node, region.node_selector or {})]


def need_of(pod_spec: Manifest) -> Need:
    """The need of a pod."""
    placement = {name: pod_spec[name] for name in ("nodeSelector", "tolerations") if pod_spec.get(name)}
    return Need(placement, requests_of({"spec": pod_spec}))


def need_hardware(hardware: HardwareSpec, region: RegionSpec) -> Need | None:
    """The need of a replica on the hardware in the region; None where no node can match both."""
    selector, other = region.node_selector or {}, hardware.node_selector or {}
    if any(other.get(label, value) != value for label, value in selector.items()):
        return None
    requests: Manifest = {"cpu": hardware.cpu, "memory": hardware.memory}
    if hardware.gpu:
        requests[hardware.gpu.resource_name] = hardware.gpu.count
    return need_of(
        {
            "nodeSelector": selector | other,
            "tolerations": [as_manifest(toleration) for toleration in hardware.tolerations or []],
            "containers": [{"resources": {"requests": requests}}],
        }
    )


def fits_on(need: Need, node: Manifest, use: Mapping[str, Decimal]) -> int:
    """Replicas that fit on one node beside what is there."""
    if not matches(node, need.spec.get("nodeSelector") or {}) or repelling_taints(node, {"spec": need.spec}):
        return 0
    used = {node["metadata"]["name"]: use}
    free = ((room_on(node, resource, used).free or Decimal(0), amount) for resource, amount in need.requests.items())
    return min(int(left // amount) for left, amount in free)


@dataclass(slots=True)
class Known:
    """What was counted for a node in one state; `fits` by the key of a need."""

    node: Manifest
    use: Mapping[str, Decimal]
    fits: dict[bytes, int] = field(default_factory=dict)


class RoomCounter:
    """Counts over many nodes, of which few change between two counts: the rest is remembered."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def count(self, need: Need, nodes: Iterable[Manifest], use_of: UseOf) -> int:
        """Replicas that fit on the nodes together."""
        key, total = need.key, 0
        for node in nodes:
            known = self._know(node, use_of)
            if key not in known.fits:
                known.fits[key] = fits_on(need, node, known.use)
            total += known.fits[key]
        return total

    def forget(self, node: str) -> None:
        """The node is gone."""
        self._known.pop(node, None)

    def is_news(self, node: Manifest) -> bool:
        """Whether a node takes other pods than it did when it was counted last; its reports of health are none."""
        known = self._known.get(node["metadata"]["name"])
        return known is None or place_of(known.node) != place_of(node)

    def _know(self, node: Manifest, use_of: UseOf) -> Known:
        name = node["metadata"]["name"]
        known, use = self._known.get(name), use_of(name)
        if known is None or known.use is not use or (known.node is not node and place_of(known.node) != place_of(node)):
            known = self._known[name] = Known(node, use)
        known.node = node
        return known


def place_of(node: Manifest) -> tuple[object, ...]:
    """All of a node that decides which pods it takes."""
    spec, status = node.get("spec") or {}, node.get("status") or {}
    ready = (find_condition(node, "Ready") or {}).get("status")
    labels = node["metadata"].get("labels")
    return labels, spec.get("taints"), spec.get("unschedulable"), status.get("allocatable"), ready
