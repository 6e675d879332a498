"""The Lease: one holds it, another takes over in time, and who cannot renew stops by itself."""

import asyncio
import threading
import time
from dataclasses import replace
from datetime import datetime

import pytest

from inferops.cluster import lease as module
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.cluster.lease import Lease
from inferops.names import Manifest
from tests.support.eventually import PATIENCE, eventually
from tests.support.tcp_proxy import TcpProxy


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the real times."""
    monkeypatch.setattr(module, "LEASE_SECONDS", 2)
    monkeypatch.setattr(module, "RENEW_SECONDS", 1)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.2)


class Replica:
    """A Lease and what it told."""

    def __init__(self, connection: Connection, namespace: str, identity: str) -> None:
        self.told: list[bool] = []
        self.lease = Lease(connection, namespace=namespace, name="test", identity=identity, on_change=self.told.append)


async def read_spec(client: Client, namespace: str) -> Manifest:
    spec: Manifest = (await client.get("Lease", namespace, "test"))["spec"]
    return spec


async def test_one_of_two_holds_it_and_renews(client: Client, connection: Connection, namespace: str) -> None:
    one, two = Replica(connection, namespace, "one"), Replica(connection, namespace, "two")
    async with one.lease:
        await eventually(lambda: one.told == [True])
        async with two.lease:
            first = await read_spec(client, namespace)
            await asyncio.sleep(1)
            second = await read_spec(client, namespace)
            assert (one.lease.held, two.lease.held, two.told) == (True, False, [])
    assert second["holderIdentity"] == first["holderIdentity"] == "one"
    assert datetime.fromisoformat(second["renewTime"]) > datetime.fromisoformat(first["renewTime"])


async def test_leaving_releases_it_and_the_other_takes_over_at_once(
    client: Client, connection: Connection, namespace: str
) -> None:
    one, two = Replica(connection, namespace, "one"), Replica(connection, namespace, "two")
    async with one.lease:
        await eventually(lambda: one.told == [True])
        await two.lease.__aenter__()
    released = time.monotonic()
    await eventually(lambda: two.told == [True])
    assert time.monotonic() - released < 2 * module.LEASE_SECONDS * PATIENCE
    assert not one.lease.held
    assert (await read_spec(client, namespace))["leaseTransitions"] == 1
    await two.lease.__aexit__()


async def test_who_is_cut_off_stops_before_another_begins(connection: Connection, namespace: str) -> None:
    two = Replica(connection, namespace, "two")
    async with TcpProxy(connection.server) as proxy:
        one = Replica(replace(connection, server=proxy.url), namespace, "one")
        async with one.lease:
            await eventually(lambda: one.told == [True])
            async with two.lease:
                proxy.refusing = True
                proxy.cut()
                await eventually(lambda: not one.lease.held)
                assert not two.lease.held
                await eventually(lambda: two.lease.held)
                assert one.told == [True, False]
                proxy.refusing = False
                await asyncio.sleep(0.5)
                assert not one.lease.held, "two hold it"


async def test_a_stalled_loop_does_not_lose_it(connection: Connection, namespace: str) -> None:
    one = Replica(connection, namespace, "one")
    async with one.lease:
        await eventually(lambda: one.lease.held)
        time.sleep(2.5)  # noqa: ASYNC251 - longer than the Lease: the stall is the test
        assert one.lease.held


async def test_a_restart_under_the_same_name_goes_on_at_once(connection: Connection, namespace: str) -> None:
    killed = Replica(connection, namespace, "pod-0")
    async with killed.lease:
        await eventually(lambda: killed.lease.held)
        again = Replica(connection, namespace, "pod-0")
        async with again.lease:
            await eventually(lambda: again.lease.held, within=1)


async def test_a_thread_that_ended_by_itself_is_found(
    connection: Connection, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Replica(connection, namespace, "one")
    assert not one.lease.alive
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    async with one.lease:
        await eventually(lambda: one.lease.alive)
        monkeypatch.setattr(one.lease, "_try", None)
        await eventually(lambda: not one.lease.alive)
