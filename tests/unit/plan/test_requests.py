"""What a pod asks for: the scheduler's sum."""

from decimal import Decimal
from typing import Any

import pytest

from inferops.plan.diagnosis.requests import requests_of


def container(cpu: str, **more: Any) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu}}, **more}


def sidecar(cpu: str) -> dict[str, Any]:
    return container(cpu, restartPolicy="Always")


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "containers add up": ({"containers": [container("1"), container("500m")]}, "1.5"),
    "a limit without a request is one": ({"containers": [{"resources": {"limits": {"cpu": "2"}}}]}, "2"),
    "the request counts, not the limit": (
        {"containers": [{"resources": {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}}]}, "1",
    ),
    "an init container that is larger": ({"containers": [container("1")], "initContainers": [container("3")]}, "3"),
    "an init container that is smaller": ({"containers": [container("2")], "initContainers": [container("1")]}, "2"),
    "a sidecar adds up": (
        {"containers": [container("2")], "initContainers": [sidecar("1")]}, "3",
    ),
    "an init container beside the sidecars before it": (
        {
            "containers": [container("1")],
            "initContainers": [sidecar("2"), container("4"), sidecar("1")],
        }, "6",
    ),
    "an init container before the sidecars": (
        {"containers": [container("1")], "initContainers": [container("4"), sidecar("2")]}, "4",
    ),
    "the pod's own request in place of its containers'": (
        {"containers": [container("1"), container("1")], "resources": {"requests": {"cpu": "5"}}}, "5",
    ),
    "overhead of its RuntimeClass": ({"containers": [container("1")], "overhead": {"cpu": "250m"}}, "1.25"),
    "nothing": ({"containers": [{}]}, "0"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "cpu"), CASES.values(), ids=CASES.keys())
def test_a_pod_asks_for(spec: dict[str, Any], cpu: str) -> None:
    asked = requests_of({"spec": spec})
    assert asked.get("cpu", 0) == Decimal(cpu)
    assert asked["pods"] == 1
