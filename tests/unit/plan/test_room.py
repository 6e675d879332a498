"""What an instance says where no replica could start, before anybody waits for one."""

from typing import Any

import pytest

from inferops.names import Manifest
from inferops.plan.diagnosis import Evidence
from inferops.plan.doctor.nodes import check_nodes
from inferops.plan.explain.chain import explain_instance, next_step
from inferops.plan.report import Mark
from tests.unit.plan.test_doctor import see
from tests.unit.plan.test_explain import examine
from tests.unit.plan.test_status import CATALOG, ONE, READY, build, condition, deployment, instance, pod


def region_with(room: int | None, **spec: Any) -> dict[tuple[str, str], Manifest]:
    counted = {"status": {"capacities": [{"hardware": "cpu", "capacity": room}]}} if room is not None else {}
    region = {"kind": "Region", "metadata": {"name": "eu"}, "spec": {"id": 1} | spec} | counted
    return CATALOG | {("Region", "eu"): region}


def node(name: str = "n", **parts: Any) -> Manifest:
    allocatable = {"cpu": "2", "memory": "8Gi", "pods": "110"}
    return {"metadata": {"name": name}, "status": {"allocatable": allocatable}} | parts


CORDONED = node(spec={"unschedulable": True})
SMALL = node(status={"allocatable": {"cpu": "500m", "memory": "8Gi", "pods": "110"}})
MORE = "Free or add nodes, or choose a smaller hardware."
USED = "it asks for 1 cpu and 1Gi memory, and what the nodes have is in use"


@pytest.mark.parametrize(
    ("case", "room", "nodes", "message"),
    [
        ("room", 1, [node()], "KEDA watches the triggers."),
        ("not counted yet", None, [node()], "KEDA watches the triggers."),
        (
            "all in use", 0, [node()],
            f"No node has room for a replica: {USED}. {MORE}",
        ),
        (
            "too large", 0, [SMALL],
            f"No node has room for a replica: it asks for 1 cpu, and the largest node (n) has 0.5. {MORE}",
        ),
        (
            "cordoned", 0, [CORDONED],
            ("Every node that a replica could run on is closed to it: n is cordoned. Uncordon or mend a node,"
            " or add a toleration to the Hardware."),
        ),
        (
            "no nodes are known", 0, [],
            f"No node has room for a replica: {USED}. {MORE}",
        ),
    ],
)  # fmt: skip
def test_who_sleeps_where_nothing_fits_says_so(case: str, room: int, nodes: list[Manifest], message: str) -> None:
    ready = {"type": "Ready", "status": "True"}
    scaled = {"metadata": {"name": "s"}, "spec": {}, "status": {"conditions": [ready]}}
    seen: dict[str, Any] = {"scaled_objects": {"s": scaled}, "evidence": Evidence(nodes=nodes)}
    status = build(instance(), [deployment("eu", 0)], [], named=region_with(room), **seen)
    fits = room != 0
    expected = ("True", "KedaReady", message)
    if not fits:
        expected = ("False", "NoCapacity", f"It sleeps, and a request would wait: {message}")
    scalable = condition(status, "Scalable")
    assert (scalable["status"], scalable["reason"], scalable["message"]) == expected, case
    assert (status["phase"], condition(status, "Available")["reason"]) == ("PENDING", "ScaledToZero")
    assert status["regions"][0].get("errorMessage") == (None if fits else message)


def test_what_runs_or_is_stopped_needs_no_room() -> None:
    ready = {"type": "Ready", "status": "True"}
    scaled = {"s": {"metadata": {"name": "s"}, "spec": {}, "status": {"conditions": [ready]}}}
    awake = build(instance(), ONE, [pod(READY)], named=region_with(0), scaled_objects=scaled)
    assert condition(awake, "Scalable")["reason"] == "KedaReady"
    stopped = build(instance(stopped=True), [deployment("eu", 0)], [], named=region_with(0), scaled_objects=scaled)
    assert condition(stopped, "Scalable")["reason"] == "Stopped"


def test_growth_beyond_the_room_is_a_partial_deployment() -> None:
    said = {"reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}
    unplaced = {"type": "PodScheduled", "status": "False"} | said
    waiting = pod({}, name="q") | {"status": {"phase": "Pending", "conditions": [unplaced]}}
    waiting["spec"] = {"containers": [{"name": "engine", "resources": {"requests": {"cpu": "1"}}}]}
    status = build(instance(), [deployment("eu", 2)], [pod(READY), waiting], evidence=Evidence(nodes=[SMALL]))
    assert (status["phase"], status["ready"], status["reason"]) == ("PARTIALLYDEPLOYED", "1/2", "Unschedulable")
    assert "the largest node (n) has 0.5" in status["regions"][0]["errorMessage"]


def with_room(*rooms: int) -> Manifest:
    counted = [{"hardware": f"{number}x", "capacity": room} for number, room in enumerate(rooms)]
    return {"metadata": {"name": "eu"}, "spec": {}, "status": {"capacities": counted}}


@pytest.mark.parametrize(
    ("rooms", "mark", "text"),
    [
        ((3, 0, 1), Mark.OK, "for 3 of 0x, 1 of 2x; none for 1x"),
        ((3,), Mark.OK, "for 3 of 0x"),
        ((0, 0), Mark.NOTE, "for no more replicas of 0x, 1x"),
    ],
)
def test_a_checkup_tells_the_room_of_each_region(rooms: tuple[int, ...], mark: Mark, text: str) -> None:
    lines = {line.subject: line for line in check_nodes(see(Node=[node()], Region=[with_room(*rooms)]))}
    assert lines["room in Region eu"][:3] == (mark, "room in Region eu", text)


def test_a_checkup_names_who_sleeps_where_nothing_fits() -> None:
    scalable = {"type": "Scalable", "status": "False", "reason": "NoCapacity", "message": ""}
    cramped = instance() | {"status": {"conditions": [scalable]}}
    lines = {line.subject: line for line in check_nodes(see(Node=[node()], InferenceInstance=[cramped, instance()]))}
    assert lines["sleeping instances"].text == "no node could take a replica of team/chat"


@pytest.mark.parametrize(
    ("room", "says", "then"),
    [
        (2, "for 2 more replicas on cpu-4", "Nothing: it sleeps"),
        (0, "for no more replica on cpu-4", "It sleeps, and a"),
    ],
)
def test_an_explanation_tells_the_room_and_what_a_request_would_meet(room: int, says: str, then: str) -> None:
    examined = examine()
    examined.inputs.named["Region", "eu"]["status"] = {"capacities": [{"hardware": "cpu-4", "capacity": room}]}
    sections = explain_instance(examined)
    lines = {line.subject: line.text for section in sections for line in section.lines}
    assert lines["room in Region eu"] == says
    assert next_step(examined, sections).startswith(then)
