"""Operator and gateway agree on who has which host name."""

import itertools

from inferops.gateway.claims import claim_names
from inferops.gateway.instances import read_instance
from inferops.names import Manifest, instance_id
from inferops.plan.hosts import default_host, find_host_conflict, granted_host
from inferops.plan.types import InstanceInputs
from inferops.settings import Settings

SETTINGS = Settings.model_validate({"gateway": {"domain": "ai.example.com", "systemHosts": ["shared.example.com"]}})
HOSTS = (
    None,
    "chat.example.com",
    "api.ai.example.com",
    "shared.example.com",
    f"{instance_id('team', 'a')}.ai.example.com",
    f"{instance_id('team', 'c')}.ai.example.com",
)
REGIONS = [{"region": "eu", "scale": {"min": 1, "max": 1}}]


def instance(name: str, host: str | None, *, stopped: bool, created: int) -> Manifest:
    spec: Manifest = {"model": "m", "auth": "None", "regions": REGIONS, "stopped": stopped}
    meta = {"namespace": "team", "name": name, "creationTimestamp": f"2026-01-01T00:00:0{created}Z"}
    return {"metadata": meta, "spec": spec | ({"ingress": {"host": host}} if host else {})}


CASES = [
    [
        instance(name, host, stopped=name in stopped, created=order.index(name) // 2)
        for name, host in zip("abc", hosts, strict=True)
    ]
    for hosts in itertools.product(HOSTS, repeat=3)
    for stopped, order in (("", "abc"), ("a", "abc"), ("", "cba"), ("bc", "bca"))
]


def test_a_host_is_an_instances_for_the_operator_if_it_is_for_the_gateway() -> None:
    for objects in CASES:
        claims = claim_names([read_instance(obj) for obj in objects], {}, SETTINGS)
        for name, obj in zip("abc", objects, strict=True):
            rivals = [other for other in objects if other is not obj]
            inputs = InstanceInputs(obj=obj, named={}, known={}, rivals=rivals)
            own = f"{instance_id('team', name)}.ai.example.com"
            granted = granted_host(inputs, SETTINGS)
            assert set(claims.hosts["team", name]) == {own, granted or own}, objects
            assert bool(find_host_conflict(inputs, SETTINGS)) == any(
                "spec.ingress.host" in sentence for sentence in claims.conflicts.get(("team", name), [])
            )


def test_an_instances_own_host_is_in_lower_case_as_an_ingress_demands() -> None:
    settings = Settings.model_validate({"gateway": {"domain": "AI.Example.com"}})
    obj = instance("a", None, stopped=False, created=0)
    assert default_host(obj, settings) == f"{instance_id('team', 'a')}.ai.example.com"
