"""What a region still has room for, on real nodes, and what an instance says that finds none.

The node offers a resource of the test's own beside its GPUs: nobody else takes it.
"""

import json
from collections.abc import Iterator

import httpx
import openai
import pytest

from dev.target import Target
from inferops.names import region_name
from tests.e2e.world import Manifest, World, eventually, instance, resource

OFFERED = 3
SLEEPER: Manifest = {"min": 0, "max": 1, "triggers": {"http": {"rate": 1, "window": 10}}}


@pytest.fixture
def hardware(local: Target, world: World) -> Iterator[str]:
    """A Hardware of which the node has three."""
    name = world.namespace
    gpu = {"model": "pretended", "count": 1, "resourceName": f"test.inferops.dev/{name}"}
    offer(local, name, OFFERED)
    world.apply(resource("Hardware", name, cpu="10m", memory="64Mi", gpu=gpu))
    yield name
    local.kubectl("delete", "hardware", name)
    offer(local, name, None)


def offer(target: Target, name: str, amount: int | None) -> None:
    """As a device plugin does it; None: no more."""
    node = target.kubectl("get", "nodes", "-o", "name").split()[0]
    path = f"/status/capacity/test.inferops.dev~1{name}"
    change = {"op": "remove", "path": path} if amount is None else {"op": "add", "path": path, "value": str(amount)}
    target.kubectl("patch", node, "--subresource=status", "--type=json", "-p", json.dumps([change]))


def room(world: World, hardware: str) -> int | None:
    """By the Region's own count."""
    capacities = world.status("default", "region").get("capacities", [])
    return next((each["capacity"] for each in capacities if each["hardware"] == hardware), None)


def test_growth_beyond_the_room_is_partial_and_goes_on_when_there_is_room(world: World, hardware: str) -> None:
    eventually(lambda: room(world, hardware) == OFFERED, within=30)
    scale = {"min": OFFERED + 1, "max": OFFERED + 1, "triggers": {"cpu": {"threshold": 80}}}
    world.apply(instance("grown", hardware=hardware, scale=scale))
    world.wait_phase("grown", "PARTIALLYDEPLOYED", within=120)

    def is_told() -> bool:
        status = world.status("grown")
        assert status["ready"] == f"{OFFERED}/{OFFERED + 1}"
        assert f"asks for 1 test.inferops.dev/{hardware}" in status["regions"][0]["errorMessage"]
        return bool(status["reason"] == "Unschedulable")

    eventually(is_told, within=60)
    eventually(lambda: room(world, hardware) == 0, within=10)
    offer(world.target, hardware, OFFERED + 2)
    world.wait_phase("grown", "ACTIVE", within=120)
    eventually(lambda: room(world, hardware) == 1, within=10)


def test_who_sleeps_where_nothing_fits_says_so_and_wakes_when_there_is_room(world: World, hardware: str) -> None:
    offer(world.target, hardware, 0)
    eventually(lambda: room(world, hardware) == 0, within=30)
    limits = {"holdTimeout": 8}
    world.apply(instance("asleep", hardware=hardware, scale=SLEEPER, limits=limits))
    eventually(lambda: world.condition("asleep", "Scalable").get("reason") == "NoCapacity", within=60)
    status, key = world.status("asleep"), world.key("e2e")
    assert (status["phase"], status["reason"]) == ("PENDING", "NoCapacity")
    assert "the largest node" in status["message"] or "offers any" in status["message"]
    world.wait_known(status, world.stranger())
    with pytest.raises(openai.APIStatusError) as refused:
        world.chat(status, key)
    assert refused.value.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "no node has room for it now" in refused.value.message
    offer(world.target, hardware, 1)
    eventually(lambda: answers(world, status, key), within=60)
    workload = region_name(world.namespace, "asleep", "default")
    eventually(lambda: world.get("deployment", workload)["status"].get("readyReplicas") == 1)


def answers(world: World, status: Manifest, key: str) -> bool:
    """Within holdTimeout: the scheduler may look at a pod that it could not place only later."""
    try:
        return world.chat(status, key) != ""
    except openai.APIStatusError:
        return False
