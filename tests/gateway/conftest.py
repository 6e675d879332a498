"""Fixtures of the gateway's tests: for each test an Envoy of its own, in front of an engine on loopback."""

import inspect
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.control import snapshot
from tests.gateway.engine import Engine
from tests.gateway.gateway import Gateway, find_envoy
from tests.gateway.journal_files import JournalWriter
from tests.gateway.objects import fill
from tests.gateway.shaky_ledger import ShakyLedger
from tests.support.apiserver import ApiServer
from tests.support.eventually import PATIENCE
from tests.support.namespaces import clear_namespace, create_namespace
from tests.support.service_account import write_service_account

fixture = pytest_asyncio.fixture(loop_scope="session")


@pytest.fixture(autouse=True)
def patient_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine is late, an Envoy that is late is none that hangs."""
    monkeypatch.setattr(snapshot, "ACK_TIMEOUT", snapshot.ACK_TIMEOUT * PATIENCE)


@pytest.fixture(scope="session")
def envoy_binary() -> str:
    return find_envoy()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all: grpc keeps to the first that it sees."""
    for item in items:
        if "tests/gateway/" in item.path.as_posix() and inspect.iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine("first") as engine:
        yield engine


@fixture
async def idle_gateway(tmp_path: Path, envoy_binary: str, engine: Engine) -> Gateway:
    """What `gateway` is, not started."""
    gateway = Gateway(tmp_path, envoy_binary)
    gateway.put(*fill(engine.address, engine.port))
    return gateway


@fixture
async def gateway(idle_gateway: Gateway) -> AsyncIterator[Gateway]:
    """Envoy and control, with the objects of `objects.fill`."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(idle_gateway.control())
        await stack.enter_async_context(idle_gateway.envoy())
        yield idle_gateway


@pytest.fixture
def kubeconfig(own: ApiServer, tmp_path: Path) -> Path:
    """A kubeconfig of control's service account, as the chart makes it."""
    return write_service_account(own, "inferops-control", tmp_path)


@fixture
async def api(own: ApiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """The API server, as administrator."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    async with Client(read_connection(own.context)) as client:
        yield client


@fixture
async def near_engine() -> AsyncIterator[Engine]:
    """An engine at an address of this machine that is not loopback, which EndpointSlices may not have."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, chooses a route
        except OSError:
            pytest.skip("this machine has no address but loopback")
        address = probe.getsockname()[0]
    async with Engine("near", address) as engine:
        yield engine


@fixture
async def ledger() -> AsyncIterator[ShakyLedger]:
    """What a meter delivers to, in the place of a ledger."""
    ledger = ShakyLedger()
    async with ledger.serve():
        yield ledger


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[JournalWriter]:
    """What a meter reads, written as Envoy's module does."""
    writer = JournalWriter(tmp_path / "journal")
    yield writer
    writer.die()


@pytest.fixture
def namespace(own: ApiServer) -> Iterator[str]:
    name = f"gateway-{time.monotonic_ns()}"
    create_namespace(own, name)
    yield name
    clear_namespace(own, name)
