"""Who has a model name on the shared host, and how it is shared."""

import pytest

from inferops.gateway.claims import claim_names
from inferops.gateway.instances import read_instance
from inferops.names import Manifest, instance_id
from inferops.plan.model_names import find_model_conflict
from inferops.plan.types import InstanceInputs
from inferops.settings import Settings
from inferops.specs.catalog import ModelSpec

MODEL = {"engine": "Whisper", "image": "example.com/m:1", "source": "hf://org/M"}
MODELS = {"m": ModelSpec.model_validate(MODEL)}
CASES: dict[str, tuple[dict[str, Manifest], str, dict[str, int], set[str]]] = {
    "the oldest has it": ({"a": {}, "b": {}}, "a", {}, {"b"}),
    "the oldest that runs has it": ({"a": {"stopped": True}, "b": {}}, "b", {}, {"a"}),
    "weights share it": ({"a": {"weight": 900}, "b": {"weight": 100}}, "a", {"a": 900, "b": 100}, set()),
    "no weight takes no part": ({"a": {}, "b": {"weight": 1}, "c": {"weight": 2}}, "b", {"b": 1, "c": 2}, {"a"}),
    "one weight has all": ({"a": {}, "b": {"weight": 1}}, "b", {}, {"a"}),
    "a weight of 0 takes no part": ({"a": {"weight": 10}, "b": {"weight": 0}}, "a", {}, {"b"}),
    "weights of 0 alone mean nothing": ({"a": {"weight": 0}, "b": {"weight": 0}}, "a", {}, {"b"}),
    "a stopped one takes no part": ({"a": {"weight": 1, "stopped": True}, "b": {"weight": 1}}, "b", {}, {"a"}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_model_name_has_one_owner_or_is_shared_by_weight(case: str) -> None:
    specs, owner, shares, others = CASES[case]
    claims = claim_names([read_instance(build(name, specs[name])) for name in specs], MODELS, Settings())
    assert claims.models == {("team", owner): ["org/M"]}
    assert dict(claims.shares.get(("team", owner), [])) == {instance_id("team", name): n for name, n in shares.items()}
    assert {name for _, name in claims.conflicts} == others


@pytest.mark.parametrize("case", CASES)
def test_the_operator_says_the_same(case: str) -> None:
    specs, _, _, others = CASES[case]
    objects = {name: build(name, spec) for name, spec in specs.items()}
    for name, obj in objects.items():
        namesakes = [other for other in objects.values() if other is not obj]
        named = {("Model", "m"): {"spec": MODEL}}
        sentence = find_model_conflict(InstanceInputs(obj=obj, named=named, known={}, namesakes=namesakes))
        claims = claim_names([read_instance(each) for each in objects.values()], MODELS, Settings())
        assert [sentence] * (name in others) == claims.conflicts.get(("team", name), [])
        assert (sentence is None) == (name not in others)


def build(name: str, spec: Manifest) -> Manifest:
    regions = [{"region": "eu", "scale": {"min": 1, "max": 1}}]
    meta = {"namespace": "team", "name": name, "creationTimestamp": f"2026-01-01T00:00:0{ord(name) - 97}Z"}
    return {"metadata": meta, "spec": {"model": "m", "auth": "None", "regions": regions, **spec}}
