"""An API server whose webhook is a replica of the test's."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from tests.support.apiserver import ApiServer, start_apiserver
from tests.support.crds import install_crds
from tests.support.operator_process import OperatorProcess
from tests.support.webhook import CONFIGURATION


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API server of this module's own: the webhook sees every write to it."""
    with start_apiserver(tmp_path_factory.mktemp("apiserver")) as server:
        install_crds(server)
        yield server


@pytest.fixture
def space(server: ApiServer) -> str:
    """A namespace, and the suffix of a catalog of one's own."""
    name = f"test-{secrets.token_hex(4)}"
    server.http.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    return name


@pytest.fixture
async def client(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig))
    async with Client(read_connection("test")) as client:
        yield client


@pytest.fixture
async def start(server: ApiServer, space: str, tmp_path: Path) -> AsyncIterator[Callable[..., OperatorProcess]]:
    """Starts replicas whose webhook the API server asks, and ends them."""
    started: list[OperatorProcess] = []

    def start_replica(identity: str = "one", **admission: Any) -> OperatorProcess:
        settings = {"namespace": space, "watchNamespaces": [space], "admission": {"enabled": True, **admission}}
        started.append(OperatorProcess(tmp_path, server.kubeconfig, settings, identity))
        return started[-1]

    yield start_replica
    for replica in started:
        replica.terminate()
    server.http.delete(CONFIGURATION)
