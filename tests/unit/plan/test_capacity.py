"""How many replicas would still fit."""

from decimal import Decimal
from typing import Any

import pytest

from inferops.names import Manifest
from inferops.plan.capacity import count_fits, nodes_of, plan_capacities
from inferops.specs.catalog import HardwareSpec, RegionSpec

GPU = {"model": "NVIDIA-L40S", "count": 2}
HARDWARE: dict[str, Any] = {"cpu": "4", "memory": "16Gi"}
TAINT = {"key": "nvidia.com/gpu", "effect": "NoSchedule"}
CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def node(name: str = "a", *, labels: Any = None, taints: Any = (), has: Any = None) -> Manifest:
    allocatable = {"cpu": "16", "memory": "64Gi", "pods": "110", "nvidia.com/gpu": "8"} | (has or {})
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"taints": list(taints)},
        "status": {"allocatable": allocatable},
    }


def amounts(**used: int) -> dict[str, Decimal]:
    names = {"gpu": "nvidia.com/gpu"}
    return {names.get(name, name): Decimal(value) for name, value in used.items()}


EMPTY: Any = {"a": amounts(), "b": amounts()}
CASES: dict[str, tuple[dict[str, Any], list[Manifest], Any, int]] = {
    "memory decides": ({"memory": "24Gi"}, [node()], EMPTY, 2),
    "CPU decides": ({"cpu": "6"}, [node()], EMPTY, 2),
    "GPUs decide": ({"gpu": GPU, "cpu": "1", "memory": "1Gi"}, [node()], EMPTY, 4),
    "pods decide": ({"cpu": "1m", "memory": "1Mi"}, [node(has={"pods": "3"})], EMPTY, 3),
    "what pods ask for is taken": ({}, [node()], {"a": amounts(cpu=9)}, 1),
    "GPUs are taken": ({"gpu": GPU}, [node()], {"a": amounts(gpu=7)}, 0),
    "nodes add up, but not their remainders": ({"cpu": "10"}, [node("a"), node("b")], EMPTY, 2),
    "a node without GPUs": ({"gpu": GPU}, [node(has={"nvidia.com/gpu": "0"})], EMPTY, 0),
    "a node that nobody counted": ({}, [node("c")], EMPTY, 0),
    "a taint": ({}, [node(taints=[TAINT])], EMPTY, 0),
    "a taint that is tolerated": (
        {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}, [node(taints=[TAINT])], EMPTY, 4,
    ),
    "a cordoned node": ({}, [node(taints=[CORDON])], EMPTY, 0),
    "another node": ({"nodeSelector": {"gpu": "l40s"}}, [node()], EMPTY, 0),
    "the right node": ({"nodeSelector": {"gpu": "l40s"}}, [node(labels={"gpu": "l40s", "x": "y"})], EMPTY, 4),
    "over-committed": ({}, [node()], {"a": amounts(cpu=99)}, 0),
}  # fmt: skip


@pytest.mark.parametrize(("hardware", "nodes", "used", "expected"), CASES.values(), ids=CASES.keys())
def test_it_fits(hardware: dict[str, Any], nodes: list[Manifest], used: Any, expected: int) -> None:
    assert count_fits(HardwareSpec.model_validate(HARDWARE | hardware), nodes, used) == expected


def test_each_hardware_is_counted_on_the_regions_nodes() -> None:
    region = RegionSpec.model_validate({"id": 1, "nodeSelector": {"zone": "a"}})
    nodes = nodes_of(region, [node("a", labels={"zone": "a"}), node("b", labels={"zone": "b"})])
    hardware = {
        "small": HardwareSpec.model_validate(HARDWARE),
        "big": HardwareSpec.model_validate(HARDWARE | {"cpu": "16"}),
    }
    assert plan_capacities(hardware, nodes, EMPTY) == [
        {"hardware": "big", "capacity": 1},
        {"hardware": "small", "capacity": 4},
    ]
