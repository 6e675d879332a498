"""The REST API as its callers see it, on a real API server: what the contract leaves open."""

from typing import Any

import httpx
import pytest

from inferops.cluster.client import Client
from inferops.names import Manifest
from tests.support.eventually import eventually
from tests.support.operator_world import MODEL, build
from tests.support.rest import Rest, make_key
from tests.support.rest_examples import CHAT_MODEL, IMAGE_HARDWARE, OWN, make_examples

SCALE = {"min": 1, "max": 4}
SCALING = [{"regionId": 18, "scale": SCALE}]
NEW: Manifest = {
    "name": "chat",
    "modelId": CHAT_MODEL,
    "hardwareId": IMAGE_HARDWARE,
    "autoScalingConfigurations": SCALING,
}


@pytest.fixture
async def platform(rest: Rest) -> Rest:
    """With the catalog of the examples."""
    await make_examples(rest.client, rest.namespace)
    stores = rest.services.world.stores
    await eventually(lambda: stores["Registry"].get(rest.namespace, OWN) and stores["ApiKey"].get(rest.namespace, OWN))
    return rest


async def create(rest: Rest, **fields: Any) -> httpx.Response:
    return await rest.http.post("/instances", json={**NEW, **fields})


async def read(rest: Rest, name: str = "chat") -> Manifest:
    """The custom resource."""
    return await rest.client.get("InferenceInstance", rest.namespace, name)


async def test_a_key_says_whose_it_is(rest: Rest) -> None:
    answer = await rest.http.get("/me")
    assert answer.json() == {
        "namespace": rest.namespace,
        "name": "manager",
        "scopes": ["manage"],
        "currencyCode": rest.services.settings.prices.currency,
    }


async def test_a_bearer_token_is_as_good(rest: Rest) -> None:
    async with rest.as_other("") as http:
        answer = await http.get("/me", headers={"authorization": f"Bearer {rest.key}", "x-api-key": ""})
    assert answer.is_success


@pytest.mark.parametrize(
    "spec", [{"disabled": True}, {"expiresAt": "2020-01-01T00:00:00Z"}], ids=["disabled", "expired"]
)
async def test_a_key_that_ends_opens_nothing(rest: Rest, spec: Manifest) -> None:
    key = await make_key(rest.client, rest.namespace, "another")
    async with rest.as_other(key) as http:

        async def opens() -> bool:
            return (await http.get("/me")).is_success

        async def is_shut() -> bool:
            return (await http.get("/me")).status_code == 401

        await eventually(opens, within=10)
        await rest.client.patch("ApiKey", rest.namespace, "another", {"spec": spec})
        await eventually(is_shut, within=2)


NAMES = [
    ("chat", "chat"),
    ("My Chat", "my-chat"),
    ("Ünïcode_1", "unicode-1"),
    ("7B", "i-7b"),
    ("a" * 50, f"{'a' * 31}-160b4e43"),
    ("模型", "i-"),
]


@pytest.mark.parametrize(("given", "name"), NAMES, ids=[given for given, _ in NAMES])
async def test_an_instance_is_called_after_its_name(platform: Rest, given: str, name: str) -> None:
    answer = await create(platform, name=given)
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == given
    assert answer.json()["_id"].startswith(name[:31])
    assert (await platform.http.get("/instances", params={"name": given})).json() == [answer.json()]


async def test_a_name_that_is_taken_is_a_conflict(platform: Rest) -> None:
    await create(platform)
    answer = await create(platform, name="Chat")
    assert answer.status_code == 409
    assert 'already one named "chat"' in answer.json()["detail"]


async def test_an_instance_without_keys_is_open_to_nobody(platform: Rest) -> None:
    bodies: list[Manifest] = [{}, {"apiKeyIds": None}, {"apiKeyIds": []}]
    for number, keys in enumerate(bodies):
        assert (await create(platform, name=f"chat-{number}", **keys)).status_code == 201
        assert (await read(platform, f"chat-{number}"))["spec"]["auth"] == "ApiKey"
    assert (await create(platform, auth="None")).status_code == 201
    assert (await read(platform))["spec"]["auth"] == "None"
    assert (await platform.http.patch("/instances/chat", json={"apiKeyIds": [OWN]})).is_success
    assert (await read(platform))["spec"]["auth"] == "ApiKey"


async def test_a_change_touches_only_what_it_names(platform: Rest) -> None:
    variables = [
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "A", "value": "1"},
    ]
    regions = [{"region": "singapore", "scale": SCALE}]
    spec = {"model": CHAT_MODEL, "env": variables, "regions": regions, "podLifetime": 5, "resend": False}
    await platform.client.create(build("InferenceInstance", "chat", spec, platform.namespace))
    before = (await read(platform))["spec"]
    answer = await platform.http.patch("/instances/chat", json={"envs": {"B": "2"}, "podLifetime": None})
    assert answer.status_code == 200, answer.text
    after = (await read(platform))["spec"]
    assert after.pop("env") == [variables[0], {"name": "B", "value": "2"}]
    assert after.pop("podLifetime") is None
    assert after == {field: value for field, value in before.items() if field not in {"env", "podLifetime"}}
    generation = (await read(platform))["metadata"]["generation"]
    await platform.http.patch("/instances/chat", json={"envs": {"B": "2"}, "podLifetime": None})
    assert (await read(platform))["metadata"]["generation"] == generation


REFUSED = [
    ({"modelId": "no-such"}, "modelId", "there is no model"),
    ({"hardwareId": "no-such"}, "hardwareId", "there is no hardware"),
    ({"registryId": "no-such"}, "registryId", "there is no registry"),
    ({"apiKeyIds": ["no-such"]}, "apiKeyIds", "there is no API key"),
    (
        {"autoScalingConfigurations": [{"regionId": 19, "scale": SCALE}]},
        "autoScalingConfigurations[0].regionId",
        "no region",
    ),
    ({"autoScalingConfigurations": SCALING * 2}, "autoScalingConfigurations[1].regionId", "named twice"),
    (
        {"autoScalingConfigurations": [{"regionId": 18, "scale": {"min": 5, "max": 4}}]},
        "autoScalingConfigurations[0].scale.min",
        "scale.min must not be greater than scale.max",
    ),
    (
        {"autoScalingConfigurations": [{"regionId": 18, "scale": {"min": 0, "max": 1}}]},
        "autoScalingConfigurations[0].scale.min",
        "only requests can wake",
    ),
    ({"containerPort": "80"}, "containerPort", "valid integer"),
    ({"containerport": 80}, "containerport", "unknown field"),
    ({"startupCommand": "sh -c 'open"}, "startupCommand", "No closing quotation"),
    ({"startupArgs": "--flag 'open"}, "startupArgs", "No closing quotation"),
    ({"auth": "None", "apiKeyIds": [OWN]}, "", "auth None means"),
]


@pytest.mark.parametrize(("fields", "field", "text"), REFUSED, ids=[f"{field} {text}" for _, field, text in REFUSED])
async def test_what_is_wrong_is_told_by_its_field(platform: Rest, fields: Manifest, field: str, text: str) -> None:
    answer = await create(platform, **fields)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["requestId"] == answer.headers["x-request-id"]
    assert [(error["field"], text in error["message"]) for error in problem["errors"]] == [(field, True)] or not field
    assert text in problem["detail"]


async def test_a_body_that_is_none_is_told(platform: Rest) -> None:
    headers = {"content-type": "application/json"}
    assert (await platform.http.post("/instances", content="{", headers=headers)).status_code == 400
    assert (await platform.http.post("/instances", content="[" * 100_000, headers=headers)).status_code == 400
    assert (await platform.http.post("/instances", content="x" * 2**21, headers=headers)).status_code == 413


async def test_a_price_counts_every_region_at_its_factor(platform: Rest, client: Client) -> None:
    name = platform.namespace
    number = int(name[-6:], 16)
    await client.create(build("Region", name, {"id": number, "priceFactor": "1.5"}))
    await eventually(lambda: number in platform.services.world.catalog.region_names)
    scaling = [*SCALING, {"regionId": number, "scale": {"max": 2}}]
    body = {"hardwareId": IMAGE_HARDWARE, "autoScalingConfigurations": scaling}
    answer = await platform.http.post("/instances/pricing", json=body)
    assert answer.json() == {"currencyCode": "USD", "pricePerHour": 8.925, "pricePerMonth": 6515.25}


async def test_a_registry_is_made_whole_or_not_at_all(platform: Rest) -> None:
    body = {"name": "mine", "url": "https://registry.test", "username": "me", "password": "secret-password"}
    answer = await platform.http.post("/registries", json=body)
    assert answer.status_code == 422
    assert "secret-password" not in answer.text
    assert (await platform.http.get("/registries/mine")).status_code == 404
    assert not await list_passwords(platform)
    assert (await platform.http.post("/registries", json={**body, "url": "registry.test"})).status_code == 201
    (secret,) = await list_passwords(platform)
    assert secret["metadata"]["ownerReferences"][0]["name"] == "mine"
    assert (
        await platform.http.patch("/registries/mine", json={"password": "x", "url": "https://x"})
    ).status_code == 422
    assert [each["metadata"]["name"] for each in await list_passwords(platform)] == [secret["metadata"]["name"]]
    assert (await platform.http.patch("/registries/mine", json={"password": "other"})).status_code == 204
    (changed,) = await list_passwords(platform)
    assert changed["metadata"]["name"] != secret["metadata"]["name"]


async def list_passwords(rest: Rest) -> list[Manifest]:
    secrets = await rest.client.list("Secret", namespace=rest.namespace)
    return [each for each in secrets if "password" in (each.get("data") or {})]


async def test_what_kubectl_changes_shows_in_lists(platform: Rest) -> None:
    await create(platform)
    await platform.client.create(build("Model", f"m-{platform.namespace}", MODEL))
    patch = {"spec": {"stopped": True, "model": f"m-{platform.namespace}"}}
    await platform.client.patch("InferenceInstance", platform.namespace, "chat", patch)

    async def is_seen() -> bool:
        params = {"modelId": f"m-{platform.namespace}"}
        return len((await platform.http.get("/instances", params=params)).json()) == 1

    await eventually(is_seen, within=1)
    await platform.client.delete("InferenceInstance", platform.namespace, "chat")

    async def is_gone() -> bool:
        return not (await platform.http.get("/instances")).json()

    await eventually(is_gone, within=1)


async def test_how_requests_are_treated_is_told_with_its_defaults_and_changed_as_a_whole(platform: Rest) -> None:
    limits = {"maxRequestBytes": "32Mi", "requestTimeout": 600, "holdTimeout": 600, "maxHeldRequests": 1000}
    assert (await create(platform, limits={"holdTimeout": 30}, weight=50, resend=False)).status_code == 201
    seen = (await platform.http.get("/instances/chat")).json()
    assert seen["limits"] == {**limits, "holdTimeout": 30}
    assert (seen["loadBalancing"], seen["resend"], seen["weight"]) == ("LeastRequest", False, 50)
    generation = (await read(platform))["metadata"]["generation"]
    same = {"limits": {"holdTimeout": 30}, "resend": False, "weight": 50, "loadBalancing": "LeastRequest"}
    for body in (same, {"description": None}):
        assert (await platform.http.patch("/instances/chat", json=body)).status_code == 200
    assert (await read(platform))["metadata"]["generation"] == generation
    changes = {"limits": None, "weight": None, "loadBalancing": "PrefixHash"}
    assert (await platform.http.patch("/instances/chat", json=changes)).status_code == 200
    spec = (await read(platform))["spec"]
    assert (spec["limits"], spec["loadBalancing"], "weight" in spec) == (limits, "PrefixHash", False)
    wrong = await platform.http.patch("/instances/chat", json={"limits": {"maxRequestBytes": "2Gi"}})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "limits.maxRequestBytes"
