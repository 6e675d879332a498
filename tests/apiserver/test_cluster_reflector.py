"""Reflectors: the store equals the API server, whatever the network and the API server do in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from inferops.cluster import reflector as module
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.cluster.reflector import Reflector, find_stuck
from inferops.cluster.store import Store
from inferops.names import Manifest
from tests.support.apiserver import ApiServer
from tests.support.crds import install_crds
from tests.support.eventually import PATIENCE, eventually
from tests.support.tcp_proxy import TcpProxy

WATCHED = "team=a"


def build_secret(namespace: str, name: str, **labels: str) -> Manifest:
    metadata = {"namespace": namespace, "name": name, "labels": labels or {"team": "a"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}


def build_registry(namespace: str, name: str) -> Manifest:
    secret = build_secret(namespace, name)
    spec = {"url": "registry.example.com"}
    return {"apiVersion": "inferops.dev/v1alpha1", "kind": "Registry", "metadata": secret["metadata"], "spec": spec}


class Watched:
    """A reflector of Secrets that runs behind a proxy, and what it told."""

    def __init__(self, reflector: Reflector, store: Store, proxy: TcpProxy, heard: list[Manifest]) -> None:
        self.reflector = reflector
        self.store = store
        self.proxy = proxy
        self.heard = heard

    @property
    def names(self) -> list[str]:
        return sorted(obj["metadata"]["name"] for obj in self.store.values())

    async def shows(self, *names: str) -> None:
        await eventually(lambda: self.names == sorted(names))


@asynccontextmanager
async def run_reflector(connection: Connection, namespace: str, kind: str = "Secret") -> AsyncIterator[Watched]:
    store, heard = Store(), list[Manifest]()
    async with TcpProxy(connection.server) as proxy, Client(replace(connection, server=proxy.url)) as client:
        reflector = Reflector(client, kind, store, heard.append, selector=WATCHED, namespace=namespace)
        task = asyncio.create_task(reflector.run())
        try:
            yield Watched(reflector, store, proxy, heard)
        finally:
            task.cancel()
            await asyncio.wait([task])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_DELAY", 0.05)
    monkeypatch.setattr(module, "LONGEST_DELAY", 0.2)
    monkeypatch.setattr(module, "ABSENT_DELAY", 0.1)


async def test_what_is_there_and_what_comes_changes_and_goes_is_told(
    client: Client, connection: Connection, namespace: str
) -> None:
    await client.create(build_secret(namespace, "before"))
    async with run_reflector(connection, namespace) as watched:
        await asyncio.wait_for(watched.reflector.synced.wait(), 10 * PATIENCE)
        assert watched.names == ["before"]
        await client.create(build_secret(namespace, "after"))
        await client.create(build_secret(namespace, "unselected", team="b"))
        await watched.shows("after", "before")
        await client.patch("Secret", namespace, "before", {"data": {"a": "YQ=="}})
        await eventually(lambda: (watched.store.get(namespace, "before") or {}).get("data") == {"a": "YQ=="})
        await client.delete("Secret", namespace, "before")
        await watched.shows("after")
        assert [obj["metadata"]["name"] for obj in watched.heard] == ["before", "after", "before", "before"]


async def test_an_object_that_leaves_the_selection_and_comes_back_is_seen_again(
    client: Client, connection: Connection, namespace: str
) -> None:
    await client.create(build_secret(namespace, "one"))
    async with run_reflector(connection, namespace) as watched:
        await watched.shows("one")
        await client.patch("Secret", namespace, "one", {"metadata": {"labels": {"team": "b"}}})
        await watched.shows()
        await client.patch("Secret", namespace, "one", {"metadata": {"labels": {"team": "a"}}})
        await watched.shows("one")


async def test_a_dropped_watch_goes_on_where_it_stopped(client: Client, connection: Connection, namespace: str) -> None:
    await client.create(build_secret(namespace, "gone"))
    async with run_reflector(connection, namespace) as watched:
        await watched.shows("gone")
        watched.proxy.refusing = True
        watched.proxy.cut()
        await client.delete("Secret", namespace, "gone")
        await client.create(build_secret(namespace, "new"))
        assert watched.names == ["gone"]
        watched.proxy.refusing = False
        await watched.shows("new")


async def test_an_expired_watch_lists_again_and_tells_of_what_vanished(
    client: Client, connection: Connection, namespace: str
) -> None:
    for name in ("gone", "kept"):
        await client.create(build_registry(namespace, name))
    async with run_reflector(connection, namespace, "Registry") as watched:
        await watched.shows("gone", "kept")
        watched.proxy.refusing = True
        watched.proxy.cut()
        await client.delete("Registry", namespace, "gone")
        await client.create(build_registry(namespace, "new"))
        watched.heard.clear()
        watched.reflector._version = "1"  # before the API server knew the kind: it answers 410 Gone
        watched.proxy.refusing = False
        await watched.shows("kept", "new")
        told = sorted(obj["metadata"]["name"] for obj in watched.heard)
        assert told == ["gone", "new"], "the relist tells of changes only, and of deletions too"


async def test_a_watch_that_is_silent_too_long_is_begun_anew(
    client: Client, connection: Connection, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferops.cluster.client.SILENCE", 0.3)
    async with run_reflector(connection, namespace) as watched:
        await watched.shows()
        await eventually(lambda: watched.proxy.connections >= 4)
        await client.create(build_secret(namespace, "one"))
        await watched.shows("one")
        assert watched.reflector.read_age() < 10


async def test_a_network_that_swallows_everything_is_waited_out_and_is_no_reason_to_end(
    client: Client, connection: Connection, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferops.cluster.client.SILENCE", 0.3)
    async with run_reflector(connection, namespace) as watched:
        await watched.shows()
        watched.proxy.swallowing = True
        await client.create(build_secret(namespace, "one"))
        await asyncio.sleep(1.5)
        assert watched.names == []
        assert find_stuck([watched.reflector]) == []
        watched.proxy.swallowing = False
        watched.proxy.cut()
        await watched.shows("one")


async def test_a_reflector_that_no_longer_tries_is_found(
    connection: Connection, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALE_SECONDS", 0.2)
    async with run_reflector(connection, namespace) as watched:
        await watched.shows()
        watched.proxy.swallowing = True  # neither bytes nor an error: only its own patience, of 75 s, would end it
        await eventually(lambda: find_stuck([watched.reflector]) == ["the watch of Secret is stuck"])


async def test_a_watch_that_the_api_server_ends_is_renewed_without_a_list(
    client: Client, connection: Connection, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferops.cluster.client.WATCH_SECONDS", 1)
    await client.create(build_secret(namespace, "one"))
    async with run_reflector(connection, namespace) as watched:
        await watched.shows("one")
        told = len(watched.heard)
        await asyncio.sleep(2.5)
        await client.create(build_secret(namespace, "two"))
        await watched.shows("one", "two")
        assert len(watched.heard) == told + 1


async def test_the_api_server_may_be_away_at_the_start(client: Client, connection: Connection, namespace: str) -> None:
    await client.create(build_secret(namespace, "one"))
    async with run_reflector(connection, namespace) as watched:
        watched.proxy.refusing = True
        watched.proxy.cut()
        await asyncio.sleep(0.3)
        assert not watched.reflector.synced.is_set()
        watched.proxy.refusing = False
        await watched.shows("one")


async def test_a_kind_without_crd_counts_as_read_and_is_found_when_it_comes(crds: ApiServer, client: Client) -> None:
    """Its own group's CRD is taken away and put back: the other tests of this API server need it."""
    crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/regions.inferops.dev"
    flips: list[bool] = []
    region = {"apiVersion": "inferops.dev/v1alpha1", "kind": "Region", "metadata": {"name": "a"}, "spec": {"id": 1}}
    crds.http.delete(crd).raise_for_status()
    await eventually(lambda: crds.http.get(crd).status_code == 404)
    store, heard = Store(), list[Manifest]()
    reflector = Reflector(client, "Region", store, heard.append, on_served=lambda: flips.append(store.served))
    task = asyncio.create_task(reflector.run())
    try:
        await asyncio.wait_for(reflector.synced.wait(), 10 * PATIENCE)
        assert (store.served, flips) == (False, [False])
        install_crds(crds)
        await eventually(lambda: flips == [False, True])
        await client.create(region)
        await eventually(lambda: len(store) == 1)
        crds.http.delete(crd).raise_for_status()
        await eventually(lambda: flips == [False, True, False])
        assert len(store) == 0
    finally:
        task.cancel()
        await asyncio.wait([task])
        install_crds(crds)


async def test_many_events_do_not_starve_other_tasks(
    client: Client, connection: Connection, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BURST", 2)
    async with run_reflector(connection, namespace) as watched:
        await watched.shows()
        await asyncio.gather(*(client.create(build_secret(namespace, f"s{number}")) for number in range(40)))
        await watched.shows(*(f"s{number}" for number in range(40)))
