"""The operator while its API server or etcd is frozen, away, overloaded or restarted: nothing is lost, nothing is done
twice, the process goes on.
"""

import asyncio
import re
import secrets
import socket
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.errors import ClusterError
from inferops.names import API_VERSION, Manifest
from tests.support.apiserver import ApiServer
from tests.support.crds import install_crds
from tests.support.eventually import PATIENCE, eventually
from tests.support.fragile import Fragile, start_fragile
from tests.support.operator_process import OperatorProcess
from tests.support.tcp_proxy import TcpProxy

pytestmark = pytest.mark.slow
PRIORITY = "/apis/flowcontrol.apiserver.k8s.io/v1"
OUTAGE_SECONDS = 20


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fragile]:
    """An API server without our kinds, which the first test waits for."""
    with start_fragile(tmp_path_factory.mktemp("fragile")) as fragile:
        yield fragile


class Fleet:
    """An operator by way of a proxy, and keys in a namespace of its own."""

    def __init__(self, fragile: Fragile, client: Client, proxy: TcpProxy, folder: Path) -> None:
        self.fragile = fragile
        self.client = client
        self.proxy = proxy
        self.namespace = f"test-{secrets.token_hex(4)}"
        self._folder = folder

    async def start(self, user: str = "one") -> None:
        settings = {"namespace": self.namespace, "watchNamespaces": [self.namespace]}
        kubeconfig = self.fragile.write_kubeconfig(user, self.proxy.url)
        self.operator = await asyncio.to_thread(OperatorProcess, self._folder, kubeconfig, settings, "one")
        await self.operator.wait_leading()

    async def create(self, *names: str) -> None:
        await asyncio.gather(*(self._create(name) for name in names))

    async def _create(self, name: str) -> None:
        """However long the API server takes, as a user who does not give up."""
        metadata = {"namespace": self.namespace, "name": name}
        key: Manifest = {"apiVersion": API_VERSION, "kind": "ApiKey", "metadata": metadata, "spec": {}}
        for _ in range(60):
            try:
                await self.client.apply(key, manager="user")
            except ClusterError:
                await asyncio.sleep(1)
            else:
                return

    async def are_done(self, *names: str) -> bool:
        try:
            keys = await self.client.list("ApiKey", namespace=self.namespace)
        except ClusterError:
            return False
        ready = {key["metadata"]["name"] for key in keys if key.get("status", {}).get("ready") == "Ready"}
        return ready >= set(names)

    async def finish(self, *names: str, within: float = 60) -> float:
        """Until the keys are done; the seconds that it took."""
        begun = time.monotonic()
        await eventually(lambda: self.are_done(*names), within=within, interval=0.3)
        return time.monotonic() - begun

    async def has_secret(self, name: str) -> bool:
        secrets = await self.client.list("Secret", namespace=self.namespace)
        return name in {secret["metadata"]["name"] for secret in secrets}

    def list_repeated(self) -> list[str]:
        """Children that the operator wrote more than once. A status may well be told twice."""
        writes = [write for write in self.fragile.read_writes(self.namespace) if write.user != "admin"]
        counts = Counter(write.name for write in writes if write.resource == "secrets")
        assert counts, "nothing was written at all"
        return [f"{name}: {count} times" for name, count in counts.items() if count > 1]

    async def count_requests(self, code: str) -> int:
        return int((await self.operator.read("inferops_api_requests_total", "code")).get(code, 0))


@pytest.fixture
async def fleet(fragile: Fragile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Fleet]:
    """Not started yet."""
    monkeypatch.setenv("KUBECONFIG", str(fragile.server.kubeconfig))
    async with TcpProxy(fragile.server.url) as proxy, Client(read_connection("test")) as client:
        fleet = Fleet(fragile, client, proxy, tmp_path)
        fragile.server.http.post("/api/v1/namespaces", json={"metadata": {"name": fleet.namespace}}).raise_for_status()
        yield fleet
        assert fleet.operator.running, "the operator ended by itself"
        fleet.operator.kill()


async def test_kinds_that_are_not_installed_yet_are_waited_for(fleet: Fleet) -> None:
    await fleet.start()
    await asyncio.to_thread(install_crds, fleet.fragile.server)
    await fleet.create("key")
    await fleet.finish("key")


async def test_an_etcd_that_stands_still_again_and_again_costs_time_only(fleet: Fleet) -> None:
    await fleet.start()
    names = [f"key-{number}" for number in range(100)]
    burst = asyncio.create_task(fleet.create(*names))
    for _ in range(6):
        fleet.fragile.freeze("etcd")
        await asyncio.sleep(1.5)
        fleet.fragile.thaw("etcd")
        await asyncio.sleep(0.7)
    await burst
    await fleet.finish(*names)
    await fleet.operator.quiesce()
    assert fleet.list_repeated() == []


async def test_an_etcd_that_is_away_for_long_is_waited_for(fleet: Fleet) -> None:
    await fleet.start()
    await fleet.create("before")
    await fleet.finish("before")
    fleet.fragile.stop("etcd")
    await asyncio.sleep(OUTAGE_SECONDS)
    fleet.fragile.start("etcd")
    await asyncio.to_thread(fleet.fragile.wait_ready)
    await fleet.create("after")
    seconds = await fleet.finish("before", "after")
    print(f"etcd away for {OUTAGE_SECONDS} s: back at work {seconds:.1f} s after it came back")
    assert seconds < 20 * PATIENCE
    await fleet.operator.quiesce()
    assert fleet.list_repeated() == []


async def test_a_restarted_api_server_that_knows_no_history_is_read_anew(fleet: Fleet) -> None:
    """What was deleted and made behind the operator's back, under versions that nobody can watch from any more."""
    await fleet.start()
    await fleet.create("gone", "kept")
    await fleet.finish("gone", "kept")
    fleet.proxy.refusing = True
    fleet.proxy.cut()
    await fleet.client.delete("ApiKey", fleet.namespace, "gone")
    await fleet.create("new")
    await fleet.client.delete("Secret", fleet.namespace, "kept-hash")
    fleet.fragile.stop("kube-apiserver")
    await asyncio.sleep(1)
    fleet.fragile.start("kube-apiserver")
    await asyncio.to_thread(fleet.fragile.wait_ready)
    fleet.proxy.refusing = False
    await fleet.finish("kept", "new")
    await eventually(lambda: fleet.has_secret("kept-hash"), within=30)
    assert re.search(r"too old resource version|Expired|410", fleet.operator.log.read_text())
    reconciled = await fleet.operator.read("inferops_reconciles_total", "kind")
    assert reconciled["ApiKey"]


async def test_a_watch_that_is_cut_in_the_middle_of_an_event_goes_on(fleet: Fleet) -> None:
    await fleet.start()
    await fleet.create("before")
    await fleet.finish("before")
    for number in range(5):
        fleet.proxy.allowance = 700 + 400 * number
        await fleet.create(f"key-{number}")
        await fleet.finish(f"key-{number}")
    await fleet.operator.quiesce()
    assert fleet.list_repeated() == []


async def test_an_api_server_that_answers_nothing_is_left_for_a_new_connection(fleet: Fleet) -> None:
    await fleet.start()
    fleet.proxy.swallowing = True
    await fleet.create("key")
    await asyncio.sleep(12)
    fleet.proxy.swallowing = False
    fleet.proxy.cut()
    await fleet.finish("key")


async def test_an_overloaded_api_server_is_asked_less_and_everything_is_done_when_it_recovers(fleet: Fleet) -> None:
    await fleet.start("limited")
    names = [f"key-{number}" for number in range(30)]
    with refuse_user(fleet.fragile.server, "limited"):
        await fleet.create(*names)
        refused = await fleet.count_requests("429")
        await asyncio.sleep(6)
        rate = (await fleet.count_requests("429") - refused) / 6
    seconds = await fleet.finish(*names)
    print(f"overloaded: {rate:.1f} refused requests per second, done {seconds:.1f} s after it ended")
    assert rate < 40, "16 workers hammer on an API server that asked for a pause"
    await fleet.operator.quiesce()
    assert fleet.list_repeated() == []


@contextmanager
def refuse_user(server: ApiServer, user: str) -> Iterator[None]:
    """API priority and fairness gives the user one seat, and a request whose body never comes sits on it: every other
    request is answered with 429 and Retry-After.
    """
    limited = {"nominalConcurrencyShares": 0, "borrowingLimitPercent": 0, "limitResponse": {"type": "Reject"}}
    level = {"metadata": {"name": user}, "spec": {"type": "Limited", "limited": limited}}
    server.http.post(f"{PRIORITY}/prioritylevelconfigurations", json=level).raise_for_status()
    every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
    rules = [{"subjects": [{"kind": "User", "user": {"name": user}}], "resourceRules": [every]}]
    spec = {"priorityLevelConfiguration": {"name": user}, "matchingPrecedence": 2, "rules": rules}
    server.http.post(f"{PRIORITY}/flowschemas", json={"metadata": {"name": user}, "spec": spec}).raise_for_status()
    try:
        with take_seat(server, user):
            yield
    finally:
        for plural in ("flowschemas", "prioritylevelconfigurations"):
            server.http.delete(f"{PRIORITY}/{plural}/{user}").raise_for_status()


@contextmanager
def take_seat(server: ApiServer, user: str) -> Iterator[None]:
    """Until the user is refused, and as long as the context lasts."""
    url, headers, deadline = httpx.URL(server.url), {"Authorization": f"Bearer {user}"}, time.monotonic() + 30
    secrets_path, seats = "/api/v1/namespaces/default/secrets", ExitStack()
    with seats:
        while server.http.get(secrets_path, headers=headers).status_code != 429:
            assert time.monotonic() < deadline, "the API server did not begin to refuse"
            trust = ssl.create_default_context(cafile=server.kubeconfig.parent / "apiserver.crt")
            plain = socket.create_connection((url.host, url.port or 443))
            seat = seats.enter_context(trust.wrap_socket(plain, server_hostname=url.host))
            lines = [f"POST {secrets_path} HTTP/1.1", f"Host: {url.host}", f"Authorization: Bearer {user}"]
            lines += ["Content-Type: application/json", "Content-Length: 100", "", '{"metadata"']
            seat.sendall("\r\n".join(lines).encode())
            time.sleep(0.3)
        yield
