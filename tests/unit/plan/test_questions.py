"""What is asked of whom before a failure is explained: nothing where all is said or too young."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inferops.names import Manifest
from inferops.plan.diagnosis.questions import Questions, plan_questions

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod(
    container: Manifest | None = None,
    placed: str = "True",
    message: str = "",
    age: float = 0,
    unready: float | None = None,
) -> Manifest:
    reason = {"reason": "Unschedulable", "message": message} if placed == "False" else {}
    condition = {"type": "PodScheduled", "status": placed, "lastTransitionTime": ago(age), **reason}
    ready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(age if unready is None else unready)}
    status: Manifest = {"conditions": [condition, ready]}
    if container:
        status["containerStatuses"] = [{"name": "engine", **container}]
    claim = {"name": "cache", "persistentVolumeClaim": {"claimName": "cache"}}
    spec = {"volumes": [claim], "nodeSelector": {"zone": "a"}}
    return {"metadata": {"name": "p", "creationTimestamp": ago(age)}, "spec": spec, "status": status}


def waiting(reason: str, message: str = "") -> Manifest:
    return {"state": {"waiting": {"reason": reason, **({"message": message} if message else {})}}}


def running(age: float, **fields: Any) -> Manifest:
    return {"state": {"running": {"startedAt": ago(age)}}, "started": False, **fields}


def ended(code: int, reason: str, age: float) -> Manifest:
    terminated = {"exitCode": code, "reason": reason, "finishedAt": ago(age)}
    return {**waiting("CrashLoopBackOff", "back-off"), "lastState": {"terminated": terminated}}


P = frozenset({"p"})
CLAIM = frozenset({"cache"})
NODES: list[Manifest] = [
    {"metadata": {"name": "in", "labels": {"zone": "a"}}},
    {"metadata": {"name": "out", "labels": {"zone": "b"}}},
    {
        "metadata": {"name": "closed", "labels": {"zone": "a"}},
        "spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]},
    },
]


@pytest.mark.parametrize(
    ("case", "silent", "expected"),
    [
        ("a young pod gets its time", pod(waiting("ContainerCreating"), age=3), Questions(young=P, wait=7)),
        ("one that waits", pod(waiting("ContainerCreating"), age=20), Questions(events=True, wait=15)),
        ("for long, less often", pod(waiting("ContainerCreating"), age=7200), Questions(events=True, wait=600)),
        ("an image that does not come tells itself", pod(waiting("ErrImagePull", "401"), age=60), Questions()),
        ("a crash tells itself", pod(ended(1, "Error", 60), age=90), Questions()),
        ("so does the kernel", pod(ended(137, "OOMKilled", 60), age=90), Questions()),
        ("a kill does not", pod(ended(137, "Error", 60), age=90), Questions(events=True, wait=30)),
        ("not even a moment ago", pod(ended(137, "Error", 1), age=90), Questions(events=True, wait=15)),
        ("a model that loads", pod(running(60), age=70), Questions(events=True, wait=30)),
        (
            "a model that loads for long",
            pod(running(900), age=910),
            Questions(events=True, overdue=P, wait=450),
        ),
        ("a probe that fails", pod(running(900, started=True), age=910), Questions(events=True, wait=450)),
        ("a moment ago", pod(running(900, started=True), age=910, unready=3), Questions(young=P, wait=7)),
        ("no node, just now", pod(placed="False", message="0/1 nodes", age=1), Questions(young=P, wait=1)),
        (
            "no node fits",
            pod(placed="False", message="0/1 nodes are available: no match.", age=40),
            Questions(events=True, claims=CLAIM, wait=20),
        ),
        (
            "no node has room",
            pod(placed="False", message="0/3 nodes are available: 1 Insufficient nvidia.com/gpu.", age=40),
            Questions(events=True, claims=CLAIM, nodes=frozenset({"in"}), wait=20),
        ),
    ],
)
def test_what_is_asked(case: str, silent: Manifest, expected: Questions) -> None:
    assert plan_questions([silent], NODES, NOW) == expected, case


def test_of_several_pods_everything_is_asked_and_the_shortest_wait_counts() -> None:
    found = plan_questions([pod(waiting("ContainerCreating"), age=3), pod(running(900), age=910)], NODES, NOW)
    assert found == Questions(events=True, young=P, overdue=P, wait=7)


def test_where_nothing_is_silent_nothing_is_asked() -> None:
    assert plan_questions([], NODES, NOW) == Questions()
