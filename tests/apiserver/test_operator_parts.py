"""The operator without kopf: who works when, and what its health says."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
import pytest

from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.cluster.connection import Connection
from inferops.cluster.reflector import STALE_SECONDS
from inferops.handlers.operator import Operator
from inferops.names import API_VERSION, MANAGED_BY, Manifest
from inferops.reconcile.queue import Key
from inferops.settings import Settings
from tests.support.eventually import PATIENCE, eventually
from tests.support.ports import find_free_ports


def build_registry(namespace: str, name: str) -> Manifest:
    metadata = {"namespace": namespace, "name": name}
    return {
        "apiVersion": API_VERSION,
        "kind": "Registry",
        "metadata": metadata,
        "spec": {"url": "registry.example.com"},
    }


class Seen:
    """A reconciler that only notes what it was called with."""

    def __init__(self) -> None:
        self.keys: list[Key] = []

    async def reconcile(self, cluster: Cluster, settings: Settings, key: Key, now: datetime) -> None:
        assert cluster.stores
        assert settings
        assert now.tzinfo
        self.keys.append(key)


@asynccontextmanager
async def run(connection: Connection, namespace: str, seen: Seen) -> AsyncIterator[tuple[Operator, httpx.AsyncClient]]:
    (port,) = find_free_ports(1)
    settings = Settings(namespace=namespace, watch_namespaces=[namespace], health_port=port, workers=2)
    async with (
        Operator(settings, connection, {"Registry": seen.reconcile}, identity="one") as operator,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        yield operator, http


async def test_work_begins_with_everything_there_is_and_stops_without_the_lease(
    client: Client, connection: Connection, namespace: str
) -> None:
    one, two, seen = Key("Registry", namespace, "one"), Key("Registry", namespace, "two"), Seen()
    await client.create(build_registry(namespace, "one"))
    async with run(connection, namespace, seen) as (operator, _):
        await eventually(lambda: operator._lease.held)
        assert seen.keys == [], "worked before everything was read"
        await operator.sync()
        await eventually(lambda: seen.keys == [one])
        operator._lead(held=False)
        await client.create(build_registry(namespace, "two"))
        await asyncio.sleep(0.2)
        assert seen.keys == [one]
        operator._lead(held=True)
        await eventually(lambda: sorted(seen.keys) == [one, one, two])


async def test_a_deleted_object_is_forgotten_and_reconciled_once_more(
    client: Client, connection: Connection, namespace: str
) -> None:
    seen = Seen()
    await client.create(build_registry(namespace, "one"))
    async with run(connection, namespace, seen) as (operator, _):
        await operator.sync()
        await eventually(lambda: len(seen.keys) == 1)
        await client.delete("Registry", namespace, "one")
        await eventually(lambda: len(seen.keys) == 2)
        assert operator.cluster.stores["Registry"].get(namespace, "one") is None


async def test_a_changed_child_makes_its_owner_run(client: Client, connection: Connection, namespace: str) -> None:
    seen = Seen()
    async with run(connection, namespace, seen) as (operator, _):
        await operator.sync()
        owner = {"apiVersion": API_VERSION, "kind": "Registry", "name": "one", "uid": "u1", "controller": True}
        metadata = {"namespace": namespace, "name": "child", "labels": MANAGED_BY, "ownerReferences": [owner]}
        await client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
        await eventually(lambda: Key("Registry", namespace, "one") in seen.keys)


async def test_health_tells_what_is_not_read_yet_and_what_is_dead(connection: Connection, namespace: str) -> None:
    async with run(connection, namespace, Seen()) as (operator, http):
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert "Node is not read yet" in answer.text
        await operator.sync()
        assert (await http.get("/readyz")).status_code == 200
        assert (await http.get("/healthz")).status_code == 200
        operator._reflectors[0].tried = time.monotonic() - STALE_SECONDS - 1
        answer = await http.get("/healthz")
        assert (answer.status_code, answer.text) == (503, "the watch of InferenceInstance is stuck\n")


async def test_a_part_that_fails_ends_the_process(
    connection: Connection, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    async with run(connection, namespace, Seen()) as (operator, _):
        operator._start(fail())
        await asyncio.wait_for(operator.ended.wait(), 5 * PATIENCE)
        assert operator.failed
    assert "a part ended" in caplog.text


async def test_after_the_end_nobody_works(client: Client, connection: Connection, namespace: str) -> None:
    seen = Seen()
    await client.create(build_registry(namespace, "one"))
    async with run(connection, namespace, seen) as (operator, _):
        await operator.sync()
        await eventually(lambda: len(seen.keys) == 1)
        await operator.close()
        operator._lead(held=True)
        assert not operator._tasks
        assert not operator.failed
