"""What our NetworkPolicies let through where something enforces them."""

import json

import pytest

from dev.target import Target
from tests.e2e.firewall import can_reach, enforce_policies
from tests.e2e.world import SYSTEM, World, instance


@pytest.mark.destructive
def test_only_the_gateway_reaches_engines_and_control_and_everything_works(world: World, local: Target) -> None:
    queue = {"min": 1, "max": 2, "triggers": {"queue": {"waiting": 4}}}
    world.apply(instance("chat"), instance("neighbour", scale=queue))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    neighbour_id = world.wait_phase("neighbour", "ACTIVE")["id"]
    world.wait_routable(status, key)
    engine, neighbour = (
        find_address(local, world.namespace, f"app.kubernetes.io/instance={id_}")
        for id_ in (status["id"], neighbour_id)
    )
    gateway, control, operator = (
        find_address(local, SYSTEM, f"app.kubernetes.io/component={name}")
        for name in ("gateway", "control", "operator")
    )
    keda = find_address(local, "keda", "app=keda-operator")
    ways = {
        "gateway to engine": (gateway, engine, 8000, True),
        "engine to engine": (neighbour, engine, 8000, False),
        "operator to engine": (operator, engine, 8000, False),
        "control to engine": (control, engine, 8000, False),
        "control to an engine that it asks for its queue": (control, neighbour, 8000, True),
        "gateway to control": (gateway, control, 18000, True),
        "engine to control": (neighbour, control, 18000, False),
        "KEDA to the scaler": (keda, control, 9700, True),
        "anybody to control's health": (neighbour, control, 8080, True),
        "anybody to the gateway": (neighbour, gateway, 8000, True),
        "anybody to the gateway's metrics": (neighbour, gateway, 8001, True),
    }
    assert can_reach(neighbour, engine, 8000), "nothing is enforced yet"
    with enforce_policies(local, SYSTEM, world.namespace):
        reached = {name: can_reach(source, to, port) for name, (source, to, port, _) in ways.items()}
        assert reached == {name: allowed for name, (*_, allowed) in ways.items()}
        assert world.chat(status, key)


def find_address(target: Target, namespace: str, selector: str) -> str:
    """Address of the newest running pod."""
    pods = json.loads(
        target.kubectl(
            *("-n", namespace, "get", "pods", "-l", selector, "--field-selector=status.phase=Running"),
            *("--sort-by=.metadata.creationTimestamp", "-o", "json"),
        )
    )["items"]
    assert pods, f"no pod of {namespace} has {selector}"
    return str(pods[-1]["status"]["podIP"])
