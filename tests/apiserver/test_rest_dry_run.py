"""What a request would do, without doing it; and instances as custom resources, for Git."""

from typing import Any

import httpx
import pytest
import yaml

from inferops.names import Manifest
from tests.support.operator_world import build
from tests.support.rest import Rest
from tests.support.rest_instances import build_body, create, read_spec

YAML = {"accept": "application/yaml"}
DRY = {"dryRun": "true"}
ARGO = {"argocd.argoproj.io/tracking-id": "shop:inferops.dev/InferenceInstance:team/chat"}


@pytest.fixture
async def body(rest: Rest, catalog: str) -> dict[str, Any]:
    """A new instance."""
    return await build_body(rest, catalog)


async def rehearse(rest: Rest, body: dict[str, Any], **headers: str) -> httpx.Response:
    """What a POST would make."""
    return await rest.http.post("/instances", json=body, params=DRY, headers=headers)


async def test_a_dry_run_of_a_creation_answers_what_would_be_and_makes_nothing(
    rest: Rest, body: dict[str, Any]
) -> None:
    planned = await rehearse(rest, body)
    assert planned.status_code == 200, planned.text
    assert not await rest.client.list("InferenceInstance", namespace=rest.namespace)
    assert (await rest.http.get("/instances")).json() == []
    made = (await create(rest, body)).json()
    timeless = {"createdAt": "", "updatedAt": ""}
    assert planned.json() | timeless == made | timeless


async def test_a_dry_run_with_an_idempotency_key_leaves_the_key_unused(rest: Rest, body: dict[str, Any]) -> None:
    assert (await rehearse(rest, body, **{"idempotency-key": "k"})).status_code == 200
    made = await rest.http.post("/instances", json={**body, "podLifetime": 7}, headers={"idempotency-key": "k"})
    assert made.status_code == 201, made.text
    assert "idempotent-replayed" not in made.headers


REFUSED: list[tuple[Manifest, int, str]] = [
    ({"modelId": "no-such"}, 422, "modelId"),
    ({"containerPort": "80"}, 422, "containerPort"),
    ({"podLifetime": -1}, 422, "podLifetime"),
    ({"scale": {"min": 5, "max": 4}}, 422, "autoScalingConfigurations[0].scale.min"),
    ({"scale": {"min": 0, "max": 4}}, 422, "autoScalingConfigurations[0].scale.min"),
]


@pytest.mark.parametrize(("fields", "status", "field"), REFUSED, ids=[str(fields) for fields, _, _ in REFUSED])
async def test_a_dry_run_refuses_what_a_request_would_be_refused_for(
    rest: Rest, body: dict[str, Any], fields: Manifest, status: int, field: str
) -> None:
    scale = fields.get("scale", {"min": 1, "max": 2})
    regions = [{**body["autoScalingConfigurations"][0], "scale": scale}]
    changes = {name: value for name, value in fields.items() if name != "scale"} | {
        "autoScalingConfigurations": regions
    }
    await create(rest, {**body, "name": "there"})
    for answer in (
        await rehearse(rest, {**body, **changes}, **YAML),
        await rest.http.patch("/instances/there", json=changes, params=DRY, headers=YAML),
    ):
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (status, [field])


async def test_a_dry_run_says_that_a_name_is_taken(rest: Rest, body: dict[str, Any]) -> None:
    await create(rest, body)
    answer = await rehearse(rest, body)
    assert answer.status_code == 409
    assert 'already one named "chat"' in answer.json()["detail"]


async def test_a_dry_run_of_a_change_answers_what_would_be_and_changes_nothing(
    rest: Rest, body: dict[str, Any]
) -> None:
    await create(rest, body)
    before = await read_spec(rest)
    changes = {"description": "mine", "podLifetime": None}
    planned = await rest.http.patch("/instances/chat", json=changes, params=DRY, headers=YAML)
    assert planned.status_code == 200, planned.text
    assert yaml.safe_load(planned.text)["spec"].items() >= changes.items()
    assert await read_spec(rest) == before
    assert (await rest.http.get("/instances/chat")).json()["description"] is None


async def test_a_dry_run_of_a_change_is_kept_from_what_a_change_is_kept_from(rest: Rest, body: dict[str, Any]) -> None:
    seen = (await create(rest, body, annotations=ARGO)).headers["etag"]
    changes = {"description": "mine"}
    owned = await rest.http.patch("/instances/chat", json=changes, params=DRY)
    assert (owned.status_code, "shop" in owned.json()["detail"]) == (409, True)
    forced = DRY | {"force": "true"}
    assert (await rest.http.patch("/instances/chat", json=changes, params=forced)).status_code == 200
    await rest.http.patch("/instances/chat", json={"podLifetime": 7}, params={"force": "true"})
    gone = await rest.http.patch("/instances/chat", json=changes, params=forced, headers={"if-match": seen})
    assert (gone.status_code, "changed since" in gone.json()["detail"]) == (409, True)


async def test_yaml_has_what_its_author_says_and_nothing_else(rest: Rest, body: dict[str, Any], catalog: str) -> None:
    planned = await rehearse(rest, {**body, "name": "My Chat", "envs": {"A": "b"}}, **YAML)
    assert planned.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(planned.text) == {
        "apiVersion": "inferops.dev/v1alpha1",
        "kind": "InferenceInstance",
        "metadata": {
            "name": "my-chat",
            "namespace": rest.namespace,
            "annotations": {"inferops.dev/display-name": "My Chat"},
        },
        "spec": {
            "model": catalog,
            "hardware": catalog,
            "env": [{"name": "A", "value": "b"}],
            "regions": [{"region": catalog, "scale": {"min": 1, "max": 2}}],
        },
    }


async def test_yaml_of_an_instance_makes_the_same_instance_again(rest: Rest, catalog: str) -> None:
    secret = {"secretKeyRef": {"name": "s", "key": "k"}}
    spec: Manifest = {
        "image": "ghcr.io/team/engine:1",
        "containerPort": 80,
        "hardware": catalog,
        "env": [{"name": "TOKEN", "valueFrom": secret}, {"name": "A", "value": "ü: #"}],
        "podLifetime": None,
        "limits": {"requestTimeout": 5},
        "podTemplate": {"spec": {"tolerations": [{"key": "x", "operator": "Exists"}]}},
        "regions": [{"region": catalog, "scale": {"min": 0, "max": 2, "triggers": {"http": {"rate": 1, "window": 9}}}}],
    }
    manifest = build("InferenceInstance", "chat", spec, rest.namespace)
    manifest["metadata"] |= {"labels": {"team": "a"}, "annotations": {**ARGO, "note": "n"}}
    made = await rest.client.create(manifest)
    answer = await rest.http.get("/instances/chat", headers=YAML)
    assert answer.headers["etag"] == (await rest.http.get("/instances/chat")).headers["etag"]
    written = yaml.safe_load(answer.text)
    assert written["metadata"] == {
        "name": "chat",
        "namespace": rest.namespace,
        "labels": {"team": "a"},
        "annotations": {"note": "n"},
    }
    assert written["spec"] == spec
    again = await rest.client.create({**written, "metadata": {**written["metadata"], "name": "again"}})
    assert again["spec"] == made["spec"]
