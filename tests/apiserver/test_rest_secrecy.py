"""Passwords and keys are in no answer, log, metric, event or object but their own Secrets: everything is read."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from inferops.cluster.client import Client
from tests.support.api_process import ApiServerProcess
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.rest import make_key, make_namespace

PASSWORD, OTHER, ENV = "hunter2-geheim-1", "correct-horse-staple", "sk-token-in-a-variable"
KINDS = ("Registry", "ApiKey", "InferenceInstance", "ConfigMap", "Event", "Lease")


class Watched(NamedTuple):
    """An API whose every word is kept."""

    process: ApiServerProcess
    http: httpx.AsyncClient
    client: Client
    namespace: str
    key: str
    said: list[str]
    """Heads and bodies of all answers."""

    async def send(self, method: str, path: str, content: Any = None, **headers: str) -> httpx.Response:
        """A request, as text where it is not to be JSON."""
        raw = content if isinstance(content, str) else json.dumps(content)
        answer = await self.http.request(
            method,
            path,
            content=raw if content is not None else None,
            headers={"content-type": "application/json", **headers},
        )
        self.said.append(f"{answer.headers}\n{answer.text}")
        return answer


@pytest.fixture
async def watched(own: ApiServer, client: Client, tmp_path: Path) -> AsyncIterator[Watched]:
    """The API as a process, and a caller."""
    namespace = await make_namespace(client)
    key = await make_key(client, namespace, "manager")
    process = await asyncio.to_thread(ApiServerProcess, tmp_path, own.kubeconfig, {"logLevel": "DEBUG"})
    await eventually(process.is_ready, within=60)
    async with httpx.AsyncClient(base_url=process.url, headers={"x-api-key": key}, timeout=30) as http:
        yield Watched(process, http, client, namespace, key, [])
    process.terminate()


async def test_no_word_of_the_api_has_a_password_or_a_key(watched: Watched) -> None:
    registry = {"name": "docker", "url": "ghcr.io", "username": "someuser", "password": PASSWORD}
    once = {"idempotency-key": "k1"}
    assert (await watched.send("POST", "/registries", registry, **once)).status_code == 201
    assert (await watched.send("POST", "/registries", registry, **once)).status_code == 201
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/registries", registry),
        ("POST", "/registries", {**registry, "name": "x", "unknown": PASSWORD}),
        ("POST", "/registries", {**registry, "name": "x", "password": [PASSWORD]}),
        ("POST", "/registries", {**registry, "name": "x", "password": {"a": PASSWORD}}),
        ("POST", "/registries", {"name": "x", "url": "ghcr.io", "password": PASSWORD}),
        ("POST", "/registries", json.dumps(registry)[:-1]),
        ("POST", "/registries", json.dumps(registry).replace("}", ",}")),
        ("POST", "/registries", PASSWORD),
        ("POST", "/registries", [PASSWORD]),
        ("PATCH", "/registries/docker", {"password": OTHER, "username": "someuser"}),
        ("PATCH", "/registries/docker", {"password": OTHER, "url": "https://not a host"}),
        ("PATCH", "/registries/unknown", {"password": OTHER, "username": "u"}),
        ("POST", "/instances", {"name": "chat", "envs": {"TOKEN": ENV}}),
        ("POST", "/instances", {"name": "chat", "envs": {"TO KEN": ENV}}),
        ("POST", "/instances", {"name": "chat", "envs": [ENV]}),
        ("POST", "/api-keys", {"name": "chosen", "secret": PASSWORD}),
        ("GET", "/registries", None),
        ("GET", "/registries/docker", None),
        ("GET", "/api-keys", None),
        ("GET", "/api-keys/manager", None),
        ("GET", "/me", None),
    ]
    for method, path, content in calls:
        answer = await watched.send(method, path, content)
        assert answer.status_code < 500, (method, path, answer.text)
    for headers in ({"x-api-key": OTHER}, {"authorization": f"Bearer {OTHER}", "x-api-key": ""}):
        assert (await watched.send("GET", "/me", None, **headers)).status_code == 401
    made = (await watched.http.post("/api-keys", json={"name": "batch"})).json()["secret"]
    rotated = (await watched.http.post("/api-keys/batch/rotate")).json()["secret"]
    await watched.send("GET", "/api-keys/batch")
    await watched.send("DELETE", "/registries/docker")
    for place, text in [place async for place in read_everything(watched)]:
        for secret in (PASSWORD, OTHER, ENV, watched.key, made, rotated):
            assert secret not in text, f"{secret} in {place}"


async def read_everything(watched: Watched) -> AsyncIterator[tuple[str, str]]:
    """All that anybody but the readers of the Secrets themselves could see, by where it is."""
    yield "an answer", "\n".join(watched.said)
    yield "metrics", await asyncio.to_thread(watched.process.read_metrics)
    for kind in KINDS:
        objects = await watched.client.list(kind, namespace=watched.namespace)
        yield kind, json.dumps(objects)
    hashes = await watched.client.list("Secret", namespace=watched.namespace, selector="inferops.dev/key-hash=true")
    yield "hashes", json.dumps(hashes)
    log = await asyncio.to_thread(watched.process.log.read_text)
    assert "request" in log
    yield "log", log
