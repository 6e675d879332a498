"""The AI Inference API as its documentation shows it: each example request is sent as it stands, and the answer has
every field of the example answer, of the same type.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from inferops.api.app import PREFIX
from inferops.cluster.client import Client
from inferops.names import STATUS_MANAGER, Manifest
from tests.support.eventually import eventually
from tests.support.operator_world import build
from tests.support.rest import Rest
from tests.support.rest_examples import OWN, make_examples

CASES = Path(__file__).parent / "cases" / "rest"
CAPACITIES = [
    {"hardware": "30328755-51f0-4251-b535-029358700099", "capacity": 38},
    {"hardware": "dc172cc8-0035-4527-958b-775f951e8836", "capacity": 19},
]
ERROR = "Unexpected error occurred while launching the instance. Please contact the support team."
READ_STATUS: Manifest = {
    "phase": "ACTIVE",
    "regions": [{"region": "singapore", "replicas": {"ready": 1, "total": 2}, "errorMessage": ERROR}],
}


def read_case(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text())


@pytest.fixture
async def platform(rest: Rest) -> Rest:
    """A catalog, a registry and a key by the ids of the examples."""
    await make_examples(rest.client, rest.namespace)
    await write_status(rest.client, "Region", "", "singapore", {"capacities": CAPACITIES})

    async def is_known() -> bool:
        region, stores = await rest.http.get("/regions/18"), rest.services.world.stores
        assert region.is_success
        assert (await rest.http.get("/registries")).json()
        return bool(region.json()["capacities"] and stores["ApiKey"].get(rest.namespace, OWN))

    await eventually(is_known, within=10)
    return rest


async def write_status(client: Client, kind: str, namespace: str, name: str, status: Manifest) -> None:
    manifest = {**build(kind, name, {}, namespace), "status": status}
    del manifest["spec"]
    await client.apply(manifest, manager=STATUS_MANAGER, subresource="status")


@pytest.mark.parametrize("name", ["models-list", "hardwares-list", "regions-list", "registries-list"])
async def test_lists_have_what_the_examples_have(platform: Rest, name: str) -> None:
    answer = await replay(platform, read_case(name))
    assert answer


async def test_a_registry_is_made_changed_and_deleted_as_in_the_examples(platform: Rest) -> None:
    created = await replay(platform, read_case("registries-create"))
    await replay(platform, read_case("registries-update"), created["_id"])
    await replay(platform, read_case("registries-delete"), created["_id"])
    assert (await platform.http.get(f"/registries/{created['_id']}")).status_code == 404


async def test_an_instance_lives_as_in_the_examples(platform: Rest) -> None:
    created = await replay(platform, read_case("instances-create"))
    await write_status(platform.client, "InferenceInstance", platform.namespace, created["_id"], READ_STATUS)

    async def is_seen() -> bool:
        return bool((await platform.http.get("/instances")).json()[0]["status"] == "ACTIVE")

    await eventually(is_seen, within=5)
    assert len(await replay(platform, read_case("instances-list"))) == 1
    detail = await replay(platform, read_case("instances-read"), created["_id"])
    sent = read_case("instances-create")["request"]["body"]
    assert detail["containers"][0]["scale"]["triggers"]["http"] == {"rate": 12, "window": 20}
    assert detail["apiKeysIds"] == sent["apiKeyIds"]
    assert {field: detail[field] for field in ("envs", "startupCommand", "containerPort", "podLifetime")} == {
        field: sent[field] for field in ("envs", "startupCommand", "containerPort", "podLifetime")
    }
    assert (detail["hourlyPrice"], detail["currentHourlyPrice"]) == (5.1, 2.55)
    for name in ("instances-update", "instances-stop", "instances-start"):
        await replay(platform, read_case(name), created["_id"])


async def test_a_price_is_told_as_in_the_example(platform: Rest) -> None:
    answer = await replay(platform, read_case("instances-pricing"))
    assert answer == {"currencyCode": "USD", "pricePerHour": 5.1, "pricePerMonth": 3723.0}


async def replay(rest: Rest, case: Any, name: str = "") -> Any:
    """Send the example, check status and shape, and give the answer."""
    request, expected = case["request"], case["answer"]
    path = request["path"].removeprefix(PREFIX).replace("{id}", name)
    answer = await rest.http.request(request["method"], path, json=request.get("body"))
    assert answer.status_code == expected["status"], answer.text
    if "body" not in expected:
        assert not answer.content
        return None
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert not differences(expected["body"], body)
    return body


def differences(expected: Any, given: Any, path: str = "") -> list[str]:
    """Fields of the example that the answer lacks or has as another type."""
    if isinstance(expected, dict):
        if not isinstance(given, dict):
            return [f"{path} is {given!r}"]
        lacking = [f"{path}.{field} is missing" for field in expected.keys() - given.keys()]
        shared = expected.keys() & given.keys()
        return lacking + [
            each for field in shared for each in differences(expected[field], given[field], f"{path}.{field}")
        ]
    if isinstance(expected, list):
        fits = isinstance(given, list) and any(not differences(expected[0], each, path) for each in given)
        return [] if fits else [f"{path} is {given!r}"]
    return [] if kind(expected) == kind(given) else [f"{path} is {given!r}"]


def kind(value: Any) -> str:
    """JSON's word for it."""
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
