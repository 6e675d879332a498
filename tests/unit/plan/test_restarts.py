"""Which changes restart pods, and which do not."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from inferops.names import Manifest
from inferops.plan.instance import plan_instance
from inferops.plan.types import InstanceInputs
from inferops.settings import Settings
from inferops.specs.instance import InstanceSpec
from tests.support.plan_cases import read_case

CASES = Path(__file__).parents[2] / "golden" / "plan"
HTTP = {"http": {"rate": 1, "window": 10}}
GPU = "1x-l40s"


def read_inputs() -> InstanceInputs:
    """A fresh copy, to be changed."""
    return copy.deepcopy(read_case(CASES, "gpu-chat").inputs)


def plan_templates(inputs: InstanceInputs, settings: Settings | None = None) -> dict[str, Manifest]:
    """By region: the pod template."""
    objects = plan_instance(inputs, settings or Settings()).objects
    deployments = [obj for obj in objects if obj["kind"] == "Deployment"]
    return {each["metadata"]["labels"]["inferops.dev/region"]: each["spec"]["template"] for each in deployments}


BASE = plan_templates(read_inputs())["eu"]
QUIET: dict[str, Any] = {
    "description": "another note",
    "stopped": True,
    "podLifetime": 900,
    "apiKeys": [],
    "auth": "None",
    "limits": {"requestTimeout": 5, "holdTimeout": 5, "maxHeldRequests": 1, "maxRequestBytes": "1Mi"},
    "loadBalancing": "PrefixHash",
    "resend": False,
    "weight": 50,
    "ingress": {"host": "chat.example.com", "className": "nginx", "annotations": {"a/b": "c"}},
    "regions": [
        {"region": "eu", "scale": {"min": 0, "max": 9, "cooldownPeriod": 5, "triggers": HTTP}},
        {"region": "us", "scale": {"min": 1, "max": 1}},
    ],
    "rollout": {"strategy": "Surge"},
}
LOUD: dict[str, Any] = {
    "model": "tiny-chat",
    "image": "engine:1",
    "registry": "private",
    "hardware": "4x-h100",
    "containerPort": 9000,
    "command": ["/serve"],
    "args": ["--more"],
    "env": [{"name": "A", "value": "1"}],
    "cache": {"size": "10Gi"},
    "probes": {"liveness": {"periodSeconds": 1}},
    "podTemplate": {"metadata": {"annotations": {"a": "b"}}},
}


def test_every_field_is_known_to_restart_pods_or_not() -> None:
    assert {field.alias for field in InstanceSpec.model_fields.values()} == QUIET.keys() | LOUD.keys()


@pytest.mark.parametrize("field", QUIET)
def test_a_change_that_pods_need_not_know_restarts_none(field: str) -> None:
    inputs = read_inputs()
    inputs.obj["spec"] = {**inputs.obj["spec"], **({"apiKeys": []} if field == "auth" else {}), field: QUIET[field]}
    assert plan_templates(inputs)["eu"] == BASE


@pytest.mark.parametrize("field", sorted(LOUD.keys() - {"image", "registry"}))
def test_a_change_of_what_runs_restarts_pods(field: str) -> None:
    inputs = read_inputs()
    inputs.obj["spec"] = {**inputs.obj["spec"], field: LOUD[field]}
    assert plan_templates(inputs)["eu"] != BASE


def test_drain_seconds_restart_pods_because_they_carry_them() -> None:
    inputs = read_inputs()
    inputs.obj["spec"]["rollout"] = {"drainSeconds": 61}
    assert plan_templates(inputs)["eu"] != BASE


CATALOG: dict[str, tuple[str, str, Callable[[Manifest], Any]]] = {
    "a model's name for people": ("Model", "llama-3.1-8b", lambda spec: spec.update(displayName="Llama")),
    "a model's features": ("Model", "llama-3.1-8b", lambda spec: spec.update(features=["chat"])),
    "a model's prices": ("Model", "llama-3.1-8b", lambda spec: spec.update(prices={"perAudioMinute": "1"})),
    "the hardware's price": ("Hardware", GPU, lambda spec: spec.update(pricePerHour="9")),
    "the hardware's name for people": ("Hardware", GPU, lambda spec: spec.update(displayName="L40S")),
    "the GPU's name for people": ("Hardware", GPU, lambda spec: spec["gpu"].update(model="L40S", memory="47Gi")),
    "the region's price": ("Region", "eu", lambda spec: spec.update(priceFactor="2")),
    "the region's country": ("Region", "eu", lambda spec: spec.update(countryCode="DE", displayName="Europe")),
}


@pytest.mark.parametrize(("kind", "name", "change"), CATALOG.values(), ids=CATALOG.keys())
def test_a_change_of_the_catalog_for_people_restarts_no_pod(
    kind: str, name: str, change: Callable[[Manifest], Any]
) -> None:
    inputs = read_inputs()
    change(inputs.named[kind, name]["spec"])
    assert plan_templates(inputs)["eu"] == BASE


SETTINGS: dict[str, dict[str, Any]] = {
    "the domain": {"gateway": {"domain": "other.example", "port": 8443}},
    "the kind of ingress": {"ingress": {"kind": "HTTPRoute", "parentRefs": [{"name": "web", "namespace": "infra"}]}},
    "the namespace": {"namespace": "elsewhere"},
    "Prometheus": {"prometheus": {"url": "http://prometheus"}},
    "egress": {"network": {"closeEgress": True}},
    "the currency": {"prices": {"currency": "EUR"}},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_another_setting_of_the_installation_restarts_no_pod(settings: dict[str, Any]) -> None:
    assert plan_templates(read_inputs(), Settings.model_validate(settings))["eu"] == BASE


def test_the_order_of_a_maps_keys_restarts_no_pod() -> None:
    inputs = read_inputs()
    selector = {"zone": "a", "disk": "ssd", "gpu": "l40s"}
    templates = []
    for order in (list(selector), list(reversed(selector))):
        spec = inputs.named["Hardware", GPU]["spec"]
        spec["nodeSelector"] = {key: selector[key] for key in order}
        inputs.named["Hardware", GPU]["spec"] = dict(reversed(spec.items()))
        inputs.obj["spec"] = dict(reversed(inputs.obj["spec"].items()))
        templates.append(plan_templates(inputs)["eu"])
    one, other = (orjson.dumps(template, option=orjson.OPT_SORT_KEYS) for template in templates)
    assert one == other
