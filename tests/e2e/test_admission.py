"""The admission webhook through its Service: what kubectl says, and that nothing waits for an operator that is away."""

import time
from typing import Any

import pytest
import yaml

from dev.target import Target
from tests.e2e.world import SYSTEM, World, eventually, instance
from tests.support.eventually import PATIENCE

WRONG: dict[str, Any] = {"podTemplate": {"spec": {"containers": [{"name": "engine", "$patch": "delete"}]}}}


def apply(world: World, manifest: dict[str, Any], *flags: str) -> str:
    """kubectl apply, and all that a person reads."""
    return world.kubectl("apply", "-f", "-", *flags, stdin=yaml.safe_dump(manifest), check=False)


def test_kubectl_says_what_is_wrong_before_anything_is_written(world: World) -> None:
    denial = 'admission webhook "validate.inferops.dev" denied the request: spec.podTemplate.spec.containers[engine]'
    eventually(lambda: denial in apply(world, instance("chat", **WRONG)), within=30)
    assert not world.get("inf", "chat")
    said = apply(world, instance("chat", model="e2e-engin"))
    assert 'Warning: spec.model: there is no Model "e2e-engin". Did you mean "e2e-engine"?' in said
    assert world.get("inf", "chat")


@pytest.mark.destructive
def test_while_the_operator_is_away_writes_pass_at_once_and_it_judges_them_when_it_is_back(
    world: World, local: Target
) -> None:
    local.kubectl("-n", SYSTEM, "scale", "deployment/inferops-operator", "--replicas=0")
    try:
        pods = ("-n", SYSTEM, "get", "pods", "-l", "app.kubernetes.io/component=operator", "-o", "name")
        eventually(lambda: not local.kubectl(*pods).strip())
        begun = time.monotonic()
        assert "created" in apply(world, instance("chat", **WRONG))
        assert time.monotonic() - begun < 5 * PATIENCE
    finally:
        local.kubectl("-n", SYSTEM, "scale", "deployment/inferops-operator", "--replicas=1")
        local.kubectl("-n", SYSTEM, "rollout", "status", "deployment/inferops-operator", "--timeout=90s")
    eventually(lambda: world.condition("chat", "Accepted").get("reason") == "PodTemplateConflict", within=30)
