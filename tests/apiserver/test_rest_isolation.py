"""A namespace's key neither sees nor guesses anything of another: every operation of the OpenAPI document is tried, so
one that is added is tried too.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from inferops.api.app import PREFIX, build_app
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.names import Manifest
from inferops.settings import Settings
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.ledger_rows import fill
from tests.support.ledger_server import start_ledger
from tests.support.namespaces import clear_namespace
from tests.support.operator_world import MODEL, build
from tests.support.rest import Rest, make_key, make_namespace, start_rest

METHODS = {"get", "put", "post", "patch", "delete"}
DOCUMENT = build_app(None).openapi()
OPERATIONS = [
    (method, path.removeprefix(PREFIX), operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
]
EVERY = [pytest.param(*each, id=each[2]["operationId"]) for each in OPERATIONS]
OWNED = [
    pytest.param(*each, id=each[2]["operationId"])
    for each in OPERATIONS
    if "{id}" in each[1] and not each[1].startswith(("/models", "/hardwares", "/regions"))
]
LISTS = [pytest.param(path, id=path) for method, path, _ in OPERATIONS if method == "get" and "{" not in path]
OPEN = {"readIdentity", "listEndpoints"}
"""What a key needs no scope for."""
FOREIGN = "tell-nobody-of-me"
"""Name of the other's instance, registry and key."""


@pytest.fixture
async def rest(own: ApiServer, connection: Connection, client: Client, tmp_path: Path) -> AsyncIterator[Rest]:
    """With a ledger, which has rows of other namespaces."""
    async with start_ledger(tmp_path) as ledger:
        with ledger.engine.begin() as rows:
            fill(rows, FOREIGN)
        async with start_rest(connection, client, Settings(ledger=ledger.settings)) as rest:
            yield rest
        clear_namespace(own, rest.namespace)


@pytest.fixture
async def other(own: ApiServer, rest: Rest) -> AsyncIterator[str]:
    """A namespace with one of everything, which the API knows."""
    namespace = await make_namespace(rest.client)
    await make_key(rest.client, namespace, FOREIGN)
    await rest.client.create(build("Registry", FOREIGN, {"url": "registry.test"}, namespace))
    regions = [{"region": "nowhere", "scale": {"min": 1, "max": 1}}]
    spec = {"model": "none", "registry": FOREIGN, "apiKeys": [FOREIGN], "regions": regions}
    await rest.client.create(build("InferenceInstance", FOREIGN, spec, namespace))
    stores = rest.services.world.stores
    await eventually(
        lambda: all(stores[kind].get(namespace, FOREIGN) for kind in ("InferenceInstance", "Registry", "ApiKey"))
    )
    yield namespace
    clear_namespace(own, namespace)


@pytest.mark.parametrize(("method", "path", "operation"), OWNED)
async def test_another_namespaces_object_is_as_one_that_nobody_has(
    rest: Rest, other: str, method: str, path: str, operation: dict[str, Any]
) -> None:
    before = await read_all(rest, other)
    body = example(operation)
    foreign, missing = [
        await ask(rest.http, method, path.replace("{id}", name), body) for name in (FOREIGN, "nobody-has-this-1")
    ]
    assert foreign.status_code == missing.status_code == 404
    assert without_names(foreign, FOREIGN) == without_names(missing, "nobody-has-this-1")
    assert await read_all(rest, other) == before


@pytest.mark.parametrize("path", LISTS)
async def test_no_list_has_anything_of_another_namespace(rest: Rest, other: str, path: str) -> None:
    answer = await rest.http.get(path)
    assert answer.is_success
    assert FOREIGN not in answer.text
    assert other not in answer.text


@pytest.mark.parametrize(("method", "path", "operation"), EVERY)
async def test_no_operation_goes_without_a_key_that_may_manage(
    rest: Rest, method: str, path: str, operation: dict[str, Any]
) -> None:
    weak = await make_key(rest.client, rest.namespace, "weak", scopes=["inference"])

    async def is_known() -> bool:
        async with rest.as_other(weak) as http:
            return (await http.get("/me")).is_success

    await eventually(is_known, within=10)
    for key, status in ((None, 401), ("inf-guessed", 401), (weak, 200 if operation["operationId"] in OPEN else 403)):
        async with httpx.AsyncClient(transport=rest.http._transport, base_url=rest.http.base_url) as http:
            headers = {"x-api-key": key} if key else {}
            answer = await ask(http, method, path.replace("{id}", "manager"), example(operation), headers)
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize("field", ["registryId", "apiKeyIds"])
async def test_what_is_another_namespaces_cannot_be_named(rest: Rest, other: str, field: str) -> None:
    assert other
    name = f"r-{rest.namespace}"
    await rest.client.create(build("Model", name, MODEL))
    await eventually(lambda: name in rest.services.world.catalog.models)
    texts = []
    for value in (FOREIGN, "nobody-has-this-1"):
        body = {"name": "x", "modelId": name, field: [value] if field == "apiKeyIds" else value}
        answer = await rest.http.post("/instances", json={**body, "autoScalingConfigurations": SCALING})
        assert answer.status_code == 422
        (error,) = (each for each in answer.json()["errors"] if each["field"] == field)
        texts.append(error["message"].replace(value, ""))
    assert texts[0] == texts[1]


SCALING = [{"regionId": 2147483646, "scale": {"min": 1, "max": 1}}]


async def ask(
    http: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str] | None = None
) -> httpx.Response:
    content = {} if body is None else {"json": body}
    return await http.request(method.upper(), path, headers=headers, **content)


def example(operation: dict[str, Any]) -> Any:
    """The body of the document's example, if there is one; names of it are nobody's."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    names = [each["$ref"] for each in (schema, *schema.get("anyOf", ())) if "$ref" in each]
    body = DOCUMENT["components"]["schemas"][names[0].rpartition("/")[2]]["examples"][0]
    if "/InstancePatch" in names[0]:
        return {"description": body["description"]}
    return body


def without_names(answer: httpx.Response, name: str) -> Manifest:
    body: Manifest = json.loads(answer.text.replace(name, ""))
    return {field: value for field, value in body.items() if field != "requestId"}


async def read_all(rest: Rest, namespace: str) -> list[Manifest]:
    return [await rest.client.get(kind, namespace, FOREIGN) for kind in ("InferenceInstance", "Registry", "ApiKey")]
