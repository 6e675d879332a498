"""Which nodes would take a pod, by the parts of the scheduler's rules that people write: labels, taints, resources."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.specs.quantities import read_quantity

REPELLING = {"NoSchedule", "NoExecute"}
CORDON = "node.kubernetes.io/unschedulable"
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"


class Room(NamedTuple):
    """What a node has of one resource."""

    node: str
    has: Decimal
    free: Decimal | None
    """None: nobody has counted."""


def labels_of(node: Manifest) -> Mapping[str, str]:
    """Labels of a node."""
    labels: Mapping[str, str] = node["metadata"].get("labels") or {}
    return labels


def matches(node: Manifest, selector: Mapping[str, str]) -> bool:
    """Whether the node has all labels."""
    return selector.items() <= labels_of(node).items()


def repelling_taints(node: Manifest, pod: Manifest) -> list[Manifest]:
    """Taints of the node that the pod does not tolerate."""
    tolerations = (pod.get("spec") or {}).get("tolerations") or []
    return [
        taint for taint in taints_of(node) if taint.get("effect") in REPELLING and not tolerated(taint, tolerations)
    ]


def taints_of(node: Manifest) -> list[Manifest]:
    """Its taints, and those that its controller is about to set: a cordon, and a kubelet that does not report."""
    spec, taints = node.get("spec") or {}, list[Manifest]()
    ready = find_condition(node, "Ready")
    if spec.get("unschedulable"):
        taints.append({"key": CORDON, "effect": "NoSchedule"})
    if ready and ready["status"] != "True":
        taints.append({"key": NOT_READY if ready["status"] == "False" else UNREACHABLE, "effect": "NoSchedule"})
    given = spec.get("taints") or []
    return [*given, *(taint for taint in taints if all(each["key"] != taint["key"] for each in given))]


def tolerated(taint: Manifest, tolerations: Iterable[Manifest]) -> bool:
    """core/v1 Toleration: without a key all taints, without an effect all effects."""
    return any(
        each.get("key") in (None, "", taint["key"])
        and each.get("effect") in (None, "", taint.get("effect"))
        and (each.get("operator") == "Exists" or each.get("value", "") == taint.get("value", ""))
        for each in tolerations
    )


def room_on(node: Manifest, resource: str, used: Mapping[str, Mapping[str, Decimal]]) -> Room:
    """What the node has, and has left, of a resource."""
    name = node["metadata"]["name"]
    has = read_quantity(((node.get("status") or {}).get("allocatable") or {}).get(resource)) or Decimal(0)
    taken = used[name].get(resource, Decimal(0)) if name in used else None
    return Room(name, has, None if taken is None else max(has - taken, Decimal(0)))


def shown(resource: str, amount: Decimal) -> str:
    """An amount as people write it: bytes in Gi or Mi, CPUs with one decimal."""
    if resource in {"memory", "ephemeral-storage"} or resource.startswith("hugepages-"):
        unit, size = ("Gi", 2**30) if amount >= 2**30 else ("Mi", 2**20)
        return f"{amount / size:.1f}".removesuffix(".0") + unit
    return f"{amount:.1f}".removesuffix(".0")
