"""How many replicas would still fit."""

from decimal import Decimal
from typing import Any

import pytest

from inferops.names import Manifest
from inferops.plan.capacity import RoomCounter, fits_on, need_hardware, need_of, nodes_of
from inferops.specs.catalog import HardwareSpec, RegionSpec

GPU = {"model": "NVIDIA-L40S", "count": 2}
HARDWARE: dict[str, Any] = {"cpu": "4", "memory": "16Gi"}
TAINT = {"key": "nvidia.com/gpu", "effect": "NoSchedule"}
CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def node(
    name: str = "a",
    *,
    labels: Any = None,
    taints: Any = (),
    has: Any = None,
    cordoned: bool = False,
    ready: str = "True",
) -> Manifest:
    allocatable = {"cpu": "16", "memory": "64Gi", "pods": "110", "nvidia.com/gpu": "8"} | (has or {})
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"taints": list(taints)} | ({"unschedulable": True} if cordoned else {}),
        "status": {"allocatable": allocatable, "conditions": [{"type": "Ready", "status": ready}]},
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
    "a node without pods": ({}, [node("c")], EMPTY, 4),
    "slices of a GPU": (
        {"gpu": {"model": "A100", "count": 1, "resourceName": "nvidia.com/mig-1g.10gb"}},
        [node(has={"nvidia.com/mig-1g.10gb": "7"})], {"a": {"nvidia.com/mig-1g.10gb": Decimal(5)}}, 2,
    ),
    "whole GPUs where slices are asked for": (
        {"gpu": {"model": "A100", "count": 1, "resourceName": "nvidia.com/mig-1g.10gb"}}, [node()], EMPTY, 0,
    ),
    "a taint": ({}, [node(taints=[TAINT])], EMPTY, 0),
    "a taint that is tolerated": (
        {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}, [node(taints=[TAINT])], EMPTY, 4,
    ),
    "a cordoned node": ({}, [node(taints=[CORDON], cordoned=True)], EMPTY, 0),
    "a node that was cordoned this moment": ({}, [node(cordoned=True)], EMPTY, 0),
    "a node whose kubelet is not ready": ({}, [node(ready="False")], EMPTY, 0),
    "a node that is lost": ({}, [node(ready="Unknown")], EMPTY, 0),
    "another node": ({"nodeSelector": {"gpu": "l40s"}}, [node()], EMPTY, 0),
    "the right node": ({"nodeSelector": {"gpu": "l40s"}}, [node(labels={"gpu": "l40s", "x": "y"})], EMPTY, 4),
    "over-committed": ({}, [node()], {"a": amounts(cpu=99)}, 0),
}  # fmt: skip


HERE = RegionSpec.model_validate({"id": 1})


def count(hardware: dict[str, Any], nodes: list[Manifest], used: Any, region: RegionSpec = HERE) -> int:
    need = need_hardware(HardwareSpec.model_validate(HARDWARE | hardware), region)
    return RoomCounter().count(need, nodes, lambda name: used.get(name, {})) if need else 0


@pytest.mark.parametrize(("hardware", "nodes", "used", "expected"), CASES.values(), ids=CASES.keys())
def test_it_fits(hardware: dict[str, Any], nodes: list[Manifest], used: Any, expected: int) -> None:
    assert count(hardware, nodes, used) == expected


def test_hardware_is_counted_on_the_regions_nodes() -> None:
    region = RegionSpec.model_validate({"id": 1, "nodeSelector": {"zone": "a"}})
    nodes = [node("a", labels={"zone": "a"}), node("b", labels={"zone": "b"})]
    assert nodes_of(region, nodes) == nodes[:1]
    assert count({}, nodes, EMPTY, region) == 4
    assert count({"cpu": "16"}, nodes, EMPTY, region) == 1
    assert count({"nodeSelector": {"zone": "b"}}, nodes, EMPTY, region) == 0, "no node is in both"


def test_several_kinds_of_hardware_share_a_node() -> None:
    used = {"a": amounts(gpu=6, cpu=2)}
    assert [count({"gpu": GPU | {"count": size}}, [node()], used) for size in (1, 2, 4)] == [2, 1, 0]
    assert count({"cpu": "14"}, [node()], used) == 1


def test_a_count_is_right_after_any_change_and_reads_no_node_twice() -> None:
    counter, used = RoomCounter(), {"a": amounts(gpu=8), "b": amounts(gpu=6)}
    need = need_of({"containers": [{"resources": {"limits": {"nvidia.com/gpu": 2}}}]})
    nodes = {"a": node("a"), "b": node("b")}

    def look() -> int:
        return counter.count(need, nodes.values(), lambda name: used[name])

    assert look() == 1
    used["a"] = amounts(gpu=2)
    assert look() == 4
    nodes["a"] = node("a", has={"nvidia.com/gpu": "4"})
    assert counter.is_news(nodes["a"])
    assert look() == 2
    nodes["a"] = node("a", has={"nvidia.com/gpu": "4"})
    assert not counter.is_news(nodes["a"]), "only its heartbeat is new"
    nodes["b"] = node("b", cordoned=True)
    assert look() == 1
    del nodes["a"]
    counter.forget("a")
    assert look() == 0


def test_a_pod_without_requests_fits_wherever_a_pod_does() -> None:
    need = need_of({"containers": [{}]})
    assert fits_on(need, node(has={"pods": "3"}), amounts(pods=1)) == 2
