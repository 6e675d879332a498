"""Two replicas on a real API server: one acts, the other takes over in time, and never do two write. What was written
by whom is read from the API server's audit log.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.names import API_VERSION, Manifest
from tests.support.crds import install_crds
from tests.support.eventually import PATIENCE, eventually
from tests.support.fragile import Fragile, start_fragile
from tests.support.operator_process import OperatorProcess
from tests.support.ports import find_free_ports
from tests.support.tcp_proxy import TcpProxy

pytestmark = pytest.mark.slow
GRACEFUL_SECONDS, CRASH_SECONDS = 3.0, 15.0


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fragile]:
    """An API server with our kinds and an audit log."""
    with start_fragile(tmp_path_factory.mktemp("fragile")) as fragile:
        install_crds(fragile.server)
        yield fragile


class Replicas:
    """Two operators of one namespace, of which the first leads, by way of a proxy of its own; keys give them work."""

    def __init__(self, fragile: Fragile, client: Client, namespace: str) -> None:
        self.fragile = fragile
        self.client = client
        self.namespace = namespace
        self.count = 0

    async def start(self, folder: Path, proxy: TcpProxy) -> None:
        admission = {"enabled": True}
        settings = {"namespace": self.namespace, "watchNamespaces": [self.namespace], "admission": admission}
        one = self.fragile.write_kubeconfig("one", proxy.url)
        self.one = await asyncio.to_thread(OperatorProcess, folder, one, settings, "one")
        await self.one.wait_leading()
        two = self.fragile.write_kubeconfig("two")
        self.two = await asyncio.to_thread(OperatorProcess, folder, two, settings, "two")
        await self.two.wait_ready()

    async def create_keys(self, count: int = 1) -> str:
        """ApiKeys, each of which takes three writes; the name of the last one."""
        names = [f"key-{self.count + number}" for number in range(count)]
        self.count += count
        await asyncio.gather(*(self.client.create(build_key(self.namespace, name)) for name in names))
        return names[-1]

    async def is_done(self, name: str) -> bool:
        key = await self.client.get("ApiKey", self.namespace, name)
        return bool(key.get("status", {}).get("ready") == "Ready")

    async def work_taken_over(self) -> float:
        """Seconds until new work is done."""
        begun = time.monotonic()
        name = await self.create_keys()
        await eventually(lambda: self.is_done(name), within=30)
        return time.monotonic() - begun

    def count_writes(self) -> int:
        return len(self.fragile.read_writes(self.namespace))

    def read_pause(self, begun: datetime) -> float:
        """Seconds from `begun` to the second replica's first write."""
        writes = self.fragile.read_writes(self.namespace)
        return (next(write.moment for write in writes if write.user == "two") - begun).total_seconds()

    def check_no_overlap(self) -> None:
        """Not one write of the first replica comes after the second one's first."""
        writes = self.fragile.read_writes(self.namespace)
        users = [write.user for write in writes]
        assert {"one", "two"} <= set(users), "both must have worked, or nothing is shown"
        late = [write for write in writes[users.index("two") :] if write.user == "one"]
        assert not late, late


def build_key(namespace: str, name: str) -> Manifest:
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": API_VERSION, "kind": "ApiKey", "metadata": metadata, "spec": {}}


@pytest.fixture
async def proxy(fragile: Fragile) -> AsyncIterator[TcpProxy]:
    """The first replica's way to the API server."""
    async with TcpProxy(fragile.server.url) as proxy:
        yield proxy


@pytest.fixture
async def replicas(
    fragile: Fragile, proxy: TcpProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Replicas]:
    """Both replicas, after some work of the first."""
    namespace = f"test-{secrets.token_hex(4)}"
    fragile.server.http.post("/api/v1/namespaces", json={"metadata": {"name": namespace}}).raise_for_status()
    monkeypatch.setenv("KUBECONFIG", str(fragile.server.kubeconfig))
    async with Client(read_connection("test")) as client:
        replicas = Replicas(fragile, client, namespace)
        await replicas.start(tmp_path, proxy)
        try:
            await replicas.work_taken_over()
            yield replicas
        finally:
            replicas.one.kill()
            replicas.two.kill()


async def test_a_replica_that_is_ended_hands_over_within_3_seconds(replicas: Replicas) -> None:
    begun = time.monotonic()
    assert await asyncio.to_thread(replicas.one.terminate) == 0
    ended = time.monotonic() - begun
    await replicas.work_taken_over()
    seconds = time.monotonic() - begun
    print(f"graceful: ended after {ended:.1f} s, the other worked after {seconds:.1f} s")
    assert seconds < GRACEFUL_SECONDS * PATIENCE
    replicas.check_no_overlap()


async def test_a_replica_that_dies_is_replaced_within_15_seconds(replicas: Replicas) -> None:
    replicas.one.kill()
    seconds = await replicas.work_taken_over()
    print(f"crash: the other worked after {seconds:.1f} s")
    assert seconds < CRASH_SECONDS * PATIENCE
    replicas.check_no_overlap()


async def test_a_replica_that_freezes_in_the_middle_of_work_writes_nothing_when_it_wakes(replicas: Replicas) -> None:
    burst = asyncio.create_task(replicas.create_keys(200))
    await eventually(lambda: replicas.count_writes() > 30, interval=0.01)
    replicas.one.freeze()
    begun = datetime.now(UTC)
    last = await burst
    await eventually(lambda: replicas.is_done(last), within=60)
    done, seconds = replicas.count_writes(), replicas.read_pause(begun)
    replicas.one.thaw()
    await replicas.create_keys(20)
    await eventually(lambda: replicas.count_writes() >= done + 60, within=30)
    print(f"frozen: the other worked after {seconds:.1f} s")
    assert seconds < CRASH_SECONDS * PATIENCE
    assert not await replicas.one.is_leading()
    replicas.check_no_overlap()


async def test_a_replica_that_is_cut_off_stops_before_the_other_begins(replicas: Replicas, proxy: TcpProxy) -> None:
    burst = asyncio.create_task(replicas.create_keys(200))
    await eventually(lambda: replicas.count_writes() > 30, interval=0.01)
    proxy.refusing = True
    proxy.cut()
    begun = datetime.now(UTC)
    last = await burst
    await eventually(lambda: replicas.is_done(last), within=60)
    seconds = replicas.read_pause(begun)
    proxy.refusing = False
    await asyncio.sleep(3)
    print(f"cut off: the other worked after {seconds:.1f} s")
    assert seconds < CRASH_SECONDS * PATIENCE
    assert replicas.one.running
    assert not await replicas.one.is_leading()
    replicas.check_no_overlap()


async def test_of_two_that_start_together_one_works(replicas: Replicas, tmp_path: Path) -> None:
    """And a third, whose name is free, waits too."""
    settings = {"namespace": replicas.namespace, "watchNamespaces": [replicas.namespace]}
    third = OperatorProcess(tmp_path, replicas.fragile.write_kubeconfig("two"), settings, f"{find_free_ports(1)[0]}")
    try:
        await third.wait_ready()
        await replicas.work_taken_over()
        leading = [await each.is_leading() for each in (replicas.one, replicas.two, third)]
        assert leading == [True, False, False]
    finally:
        third.kill()
