"""What keeps a change from being made, or from being made twice: If-Match, GitOps, Idempotency-Key."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from inferops.api.app import build_app
from inferops.api.process import ApiProcess
from inferops.cluster.connection import Connection
from inferops.names import Manifest
from inferops.settings import Settings
from tests.support.eventually import eventually
from tests.support.operator_world import build
from tests.support.rest import Rest
from tests.support.rest_instances import build_body, create, read_spec, write_status

ARGO = {"argocd.argoproj.io/tracking-id": "shop:inferops.dev/InferenceInstance:team/chat"}
FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}


@pytest.fixture
async def body(rest: Rest, catalog: str) -> dict[str, Any]:
    """A new instance."""
    return await build_body(rest, catalog)


async def test_a_patch_for_a_state_that_is_gone_is_refused(rest: Rest, body: dict[str, Any]) -> None:
    seen = (await create(rest, body)).headers["etag"]
    first = await rest.http.patch("/instances/chat", json={"description": "mine"}, headers={"if-match": seen})
    assert first.status_code == 200
    second = await rest.http.patch("/instances/chat", json={"description": "theirs"}, headers={"if-match": seen})
    assert second.status_code == 409
    assert first.headers["etag"] in second.json()["detail"]
    assert second.headers["etag"] == first.headers["etag"]
    assert (await read_spec(rest))["description"] == "mine"
    for method, path in (("POST", "/instances/chat/stop"), ("DELETE", "/instances/chat")):
        assert (await rest.http.request(method, path, headers={"if-match": seen})).status_code == 409


async def test_a_status_that_changed_meanwhile_keeps_nobody_from_a_change(rest: Rest, body: dict[str, Any]) -> None:
    seen = (await create(rest, body)).headers["etag"]
    await write_status(rest, "chat", "Settled")
    answer = await rest.http.patch("/instances/chat", json={"description": "mine"}, headers={"if-match": seen})
    assert answer.status_code == 200, answer.text


async def test_a_list_that_a_caller_has_is_not_sent_again(rest: Rest, body: dict[str, Any]) -> None:
    await create(rest, body)
    first = await rest.http.get("/instances")
    assert [(each["containers"][0]["deployStatus"], each["keptBy"]) for each in first.json()] == [
        ({"total": 0, "ready": 0}, None)
    ]
    seen = {"if-none-match": first.headers["etag"]}
    again = await rest.http.get("/instances", headers=seen)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    await write_status(rest, "chat", "Settled")

    async def is_sent() -> bool:
        return (await rest.http.get("/instances", headers=seen)).status_code == 200

    await eventually(is_sent, within=10)
    (condition,) = (await rest.http.get("/instances/chat")).json()["conditions"]
    assert (condition["type"], condition["reason"], condition["since"]) == (
        "Progressing",
        "Settled",
        "2030-01-01T00:00:00.000Z",
    )


async def test_of_many_who_change_the_same_state_one_succeeds(rest: Rest, body: dict[str, Any]) -> None:
    headers = {"if-match": (await create(rest, body)).headers["etag"]}
    patches = [{"description": str(number)} for number in range(8)]
    answers = await asyncio.gather(
        *(rest.http.patch("/instances/chat", json=patch, headers=headers) for patch in patches)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    winner = next(number for number, answer in enumerate(answers) if answer.is_success)
    assert (await read_spec(rest))["description"] == str(winner)


async def test_without_if_match_all_who_change_different_fields_succeed(rest: Rest, body: dict[str, Any]) -> None:
    await create(rest, body)
    patches = [{"description": "d"}, {"podLifetime": 7}, {"envs": {"A": "b"}}, {"startupCommand": "serve"}]
    answers = await asyncio.gather(*(rest.http.patch("/instances/chat", json=patch) for patch in patches))
    assert [answer.status_code for answer in answers] == [200] * 4
    spec = await read_spec(rest)
    assert (spec["description"], spec["podLifetime"], spec["command"]) == ("d", 7, ["serve"])
    assert spec["env"] == [{"name": "A", "value": "b"}]


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        ({"annotations": ARGO}, 'Argo CD application "shop"'),
        ({"labels": FLUX}, 'Flux Kustomization "flux-system/apps"'),
    ],
    ids=["Argo CD", "Flux"],
)
async def test_what_gitops_keeps_is_changed_by_force_only(
    rest: Rest, body: dict[str, Any], metadata: Manifest, owner: str
) -> None:
    await create(rest, body, **metadata)

    async def is_told() -> bool:
        one, (same,) = (await rest.http.get("/instances/chat")).json(), (await rest.http.get("/instances")).json()
        return [one["keptBy"], same["keptBy"]] == [owner] * 2

    await eventually(is_told, within=10)
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", "/instances/chat", {"description": "mine"}),
        ("POST", "/instances/chat/stop", None),
        ("DELETE", "/instances/chat", None),
    ]
    for method, path, content in calls:
        answer = await rest.http.request(method, path, json=content)
        assert answer.status_code == 409, (method, path)
        assert owner in answer.json()["detail"]
    assert "description" not in await read_spec(rest)
    for method, path, content in calls:
        answer = await rest.http.request(method, path, json=content, params={"force": "true"})
        assert answer.is_success, answer.text


async def test_what_a_field_manager_of_gitops_applied_is_kept_by_it(rest: Rest, body: dict[str, Any]) -> None:
    await create(rest, body)
    spec = await read_spec(rest)
    applied = build("InferenceInstance", "chat", spec, rest.namespace)
    await rest.client.apply(applied, manager="kustomize-controller")
    answer = await rest.http.patch("/instances/chat", json={"description": "mine"})
    assert answer.status_code == 409
    assert "Flux" in answer.json()["detail"]


async def test_what_changes_nothing_needs_no_leave_of_gitops(rest: Rest, body: dict[str, Any]) -> None:
    await create(rest, {**body, "description": "d"}, annotations=ARGO)
    assert (await rest.http.patch("/instances/chat", json={"description": "d"})).status_code == 200
    assert (await rest.http.post("/instances/chat/start")).status_code == 204


async def test_registries_and_keys_of_gitops_are_kept_too(rest: Rest) -> None:
    for kind, name, spec in (("Registry", "r", {"url": "ghcr.io"}), ("ApiKey", "k", {"scopes": ["inference"]})):
        manifest = build(kind, name, spec, rest.namespace)
        manifest["metadata"]["annotations"] = ARGO
        await rest.client.create(manifest)
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", "/registries/r", {"url": "docker.io"}),
        ("PATCH", "/registries/r", {"username": "u", "password": "p4ssw0rd"}),
        ("DELETE", "/registries/r", None),
        ("PATCH", "/api-keys/k", {"disabled": True}),
        ("POST", "/api-keys/k/rotate", None),
        ("DELETE", "/api-keys/k", None),
    ]
    for method, path, content in calls:
        answer = await rest.http.request(method, path, json=content)
        assert answer.status_code == 409, (method, path, answer.text)
        assert 'Argo CD application "shop"' in answer.json()["detail"]
        assert "p4ssw0rd" not in answer.text
    made = await rest.client.list("Secret", namespace=rest.namespace)
    assert [secret["metadata"]["name"] for secret in made] == ["manager-hash"], "no Secret is left over"


async def test_a_post_that_is_sent_again_makes_nothing_again(rest: Rest, body: dict[str, Any]) -> None:
    headers = {"idempotency-key": "k1"}
    first = await rest.http.post("/instances", json=body, headers=headers)
    again = await rest.http.post("/instances", json=dict(reversed(body.items())), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await rest.http.get("/instances")).json()) == 1


async def test_the_same_idempotency_key_with_another_body_is_refused(rest: Rest, body: dict[str, Any]) -> None:
    headers = {"idempotency-key": "k1"}
    await rest.http.post("/instances", json=body, headers=headers)
    for other in ({**body, "description": "other"}, {**body, "name": "other"}):
        answer = await rest.http.post("/instances", json=other, headers=headers)
        assert answer.status_code == 422
        assert '"chat"' in answer.json()["detail"]
    assert len((await rest.http.get("/instances")).json()) == 1


async def test_without_an_idempotency_key_a_name_is_taken_once(rest: Rest, body: dict[str, Any]) -> None:
    await create(rest, body)
    assert (await rest.http.post("/instances", json=body)).status_code == 409
    assert (await rest.http.post("/instances", json=body, headers={"idempotency-key": "k9"})).status_code == 409


async def test_an_idempotency_key_of_two_words_is_refused(rest: Rest, body: dict[str, Any]) -> None:
    answer = await rest.http.post("/instances", json=body, headers={"idempotency-key": "two words"})
    assert answer.status_code == 422


async def test_a_key_serves_several_operations(rest: Rest, body: dict[str, Any]) -> None:
    headers = {"idempotency-key": "k1"}
    registry = {"name": "docker", "url": "ghcr.io", "username": "u", "password": "p4ssw0rd"}
    assert (await rest.http.post("/instances", json=body, headers=headers)).status_code == 201
    first = await rest.http.post("/registries", json=registry, headers=headers)
    again = await rest.http.post("/registries", json=registry, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), "idempotent-replayed" in first.headers) == (first.json(), False)
    secrets_made = await rest.client.list("Secret", namespace=rest.namespace)
    assert len([each for each in secrets_made if "password" in each.get("data", {})]) == 1


@pytest.fixture
async def second(rest: Rest, connection: Connection) -> AsyncIterator[Rest]:
    """Another replica of the API, for the same caller."""
    async with ApiProcess(Settings(), connection).watching() as services:
        await asyncio.gather(*(reflector.synced.wait() for reflector in services.world.reflectors))
        transport, headers = httpx.ASGITransport(build_app(services)), {"x-api-key": rest.key}
        async with httpx.AsyncClient(transport=transport, base_url=rest.http.base_url, headers=headers) as http:
            yield Rest(http, rest.namespace, rest.key, services, rest.client)


async def test_replicas_that_get_the_same_post_at_once_make_one(rest: Rest, second: Rest, body: dict[str, Any]) -> None:
    for _ in range(5):
        headers, named = {"idempotency-key": secrets.token_hex(8)}, {**body, "name": f"c{secrets.token_hex(3)}"}
        calls = [replica.http.post("/instances", json=named, headers=headers) for replica in (rest, second) * 3]
        answers = await asyncio.gather(*calls)
        assert [answer.status_code for answer in answers] == [201] * 6
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1


async def test_a_replica_that_is_behind_neither_refuses_nor_forgets_a_change(
    rest: Rest, second: Rest, body: dict[str, Any]
) -> None:
    await create(rest, body)
    for number in range(10):
        changed = await rest.http.patch("/instances/chat", json={"description": str(number)})
        headers = {"if-match": changed.headers["etag"]}
        stopped = await second.http.post("/instances/chat/stop", headers=headers)
        started = await rest.http.post("/instances/chat/start")
        assert (changed.status_code, stopped.status_code, started.status_code) == (200, 204, 204)
        assert (await read_spec(rest))["stopped"] is False


async def test_lists_are_read_in_pages(rest: Rest, body: dict[str, Any]) -> None:
    for name in ("a", "b", "c"):
        await create(rest, {**body, "name": name})
    answer = await rest.http.get("/instances", params={"limit": 2})
    assert [each["name"] for each in answer.json()] == ["a", "b"]
    assert answer.headers["x-total-count"] == "3"
    more = answer.links["next"]["url"]
    assert [each["name"] for each in (await rest.http.get(f"http://api{more}")).json()] == ["c"]
    number = body["autoScalingConfigurations"][0]["regionId"]
    found = await rest.http.get("/instances", params={"name": "b", "regionId": number})
    assert [each["name"] for each in found.json()] == ["b"]


async def test_registries_and_keys_are_found_by_name(rest: Rest) -> None:
    await rest.client.create(build("Registry", "another", {"url": "ghcr.io"}, rest.namespace))
    made = await rest.http.post("/registries", json={"name": "Third one", "url": "ghcr.io"})
    assert made.json()["_id"] == "third-one"
    found = (await rest.http.get("/registries", params={"name": "Third one"})).json()
    assert [each["_id"] for each in found] == ["third-one"]
    assert [each["_id"] for each in (await rest.http.get("/api-keys", params={"name": "manager"})).json()] == [
        "manager"
    ]
    assert (await rest.http.get("/api-keys", params={"name": "nobody"})).json() == []


@pytest.mark.parametrize("path", ["/instances?status=ACTIVE&status=ERROR", "/models?limit=1&limit=2"])
async def test_a_query_parameter_that_is_given_twice_is_refused(rest: Rest, path: str) -> None:
    answer = await rest.http.get(path)
    assert answer.status_code == 422
    assert "is given more than once" in answer.json()["errors"][0]["message"]
    assert (await rest.http.get("/me?any=1&any=2")).status_code == 200, "what nobody reads harms nothing"
