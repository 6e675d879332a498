"""The REST API while the API server of Kubernetes is away or frozen: it says so, goes on reading, and recovers."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, NamedTuple

import httpx
import pytest

from inferops.api.app import PREFIX, build_app
from inferops.api.process import ApiProcess
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.settings import Settings
from tests.support.eventually import PATIENCE, eventually
from tests.support.operator_world import build
from tests.support.rest import make_key, make_namespace
from tests.support.tcp_proxy import TcpProxy

READS = ("/me", "/models", "/instances", "/instances/chat", "/registries", "/registries/docker", "/api-keys/manager")
ASKED: list[tuple[str, str, Any]] = [
    ("POST", "/registries", {"name": "another", "url": "ghcr.io"}),
    ("POST", "/api-keys", {"name": "another"}),
    ("PATCH", "/registries/docker", {"url": "docker.io"}),
    ("PATCH", "/instances/chat", {"description": "d"}),
    ("POST", "/instances/chat/stop", None),
    ("DELETE", "/instances/chat", None),
    ("GET", "/instances/chat/logs", None),
    ("GET", "/instances/chat/events", None),
    ("GET", "/instances/chat/explanation", None),
    ("GET", "/instances/unknown", None),
]
"""What only the API server can do, or knows."""


class Cut(NamedTuple):
    """The API behind a proxy that a test cuts."""

    proxy: TcpProxy
    http: httpx.AsyncClient
    client: Client
    namespace: str

    async def is_known(self) -> bool:
        """Whether the API knows its caller and what there is."""
        return all([(await self.http.get(path)).is_success for path in READS])


@pytest.fixture
async def cut(connection: Connection, client: Client, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cut]:
    """A namespace with one of each."""
    monkeypatch.setattr("inferops.api.writer.PATIENCE", 2.0)
    namespace = await make_namespace(client)
    key = await make_key(client, namespace, "manager")
    spec = {"model": "m", "regions": [{"region": "r", "scale": {"min": 1, "max": 1}}]}
    await client.create(build("InferenceInstance", "chat", spec, namespace))
    await client.create(build("Registry", "docker", {"url": "ghcr.io"}, namespace))
    async with TcpProxy(connection.server) as proxy:
        process = ApiProcess(Settings(), replace(connection, server=proxy.url))
        async with process.watching() as services:
            transport = httpx.ASGITransport(build_app(services), raise_app_exceptions=False)
            headers = {"x-api-key": key}
            async with httpx.AsyncClient(transport=transport, base_url=f"http://api{PREFIX}", headers=headers) as http:
                yield Cut(proxy, http, client, namespace)


async def assert_unavailable(cut: Cut, method: str, path: str, body: Any) -> None:
    begun = time.monotonic()
    answer = await cut.http.request(method, path, json=body)
    assert answer.status_code == 503, (method, path, answer.text)
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"
    assert time.monotonic() - begun < 6 * PATIENCE, (method, path)


async def test_an_api_server_that_is_away_is_told_and_its_return_heals_all(cut: Cut) -> None:
    await eventually(cut.is_known)
    cut.proxy.refusing = True
    cut.proxy.cut()
    for call in ASKED:
        await assert_unavailable(cut, *call)
    assert await cut.is_known(), "what was read is known"
    await cut.client.patch("Registry", cut.namespace, "docker", {"spec": {"url": "quay.io"}})
    await cut.client.create(build("Registry", "new", {"url": "ghcr.io"}, cut.namespace))
    cut.proxy.refusing = False

    async def is_healed() -> bool:
        seen = (await cut.http.get("/registries")).json()
        changed = await cut.http.patch("/instances/chat", json={"description": "after"})
        return changed.is_success and {each["url"] for each in seen} == {"quay.io", "ghcr.io"}

    await eventually(is_healed, within=30)


async def test_an_api_server_that_stands_still_is_waited_for_within_bounds(cut: Cut) -> None:
    await eventually(cut.is_known)
    cut.proxy.swallowing = True
    for call in ASKED[::4]:
        await assert_unavailable(cut, *call)
    assert await cut.is_known()
    cut.proxy.swallowing = False
    cut.proxy.cut()

    async def is_healed() -> bool:
        return (await cut.http.patch("/instances/chat", json={"description": "after"})).is_success

    await eventually(is_healed, within=30)


async def test_before_everything_was_read_nobody_is_told_that_there_is_nothing(
    connection: Connection, client: Client
) -> None:
    namespace = await make_namespace(client)
    key = await make_key(client, namespace, "manager")
    async with TcpProxy(connection.server) as proxy:
        proxy.refusing = True
        async with ApiProcess(Settings(), replace(connection, server=proxy.url)).watching() as services:
            transport = httpx.ASGITransport(build_app(services), raise_app_exceptions=False)
            headers = {"x-api-key": key}
            async with httpx.AsyncClient(transport=transport, base_url=f"http://api{PREFIX}", headers=headers) as http:
                for path in ("/me", "/instances", "/models"):
                    answer = await http.get(path)
                    assert (answer.status_code, "retry-after" in answer.headers) == (503, True), path
                proxy.refusing = False

                async def is_known() -> bool:
                    return (await http.get("/me")).is_success

                await eventually(is_known, within=30)
