"""Fixtures of the tests that write to an API server of our own."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from inferops.cluster.connection import Connection, read_connection
from inferops.settings import Settings
from tests.support.apiserver import ApiServer
from tests.support.cli import Terminal, open_terminal
from tests.support.namespaces import clear_namespace, create_namespace
from tests.support.operator_process import OperatorProcess
from tests.support.operator_world import HARDWARE, MODEL, Start, build
from tests.support.rest import Rest, start_rest


@pytest.fixture
def namespace(own: ApiServer) -> Iterator[str]:
    """A fresh namespace, of which our objects go after the test."""
    name = f"test-{secrets.token_hex(4)}"
    create_namespace(own, name)
    yield name
    clear_namespace(own, name)


@pytest.fixture
def connection(own: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection of its own, which a test may bend."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    return read_connection(own.context)


@pytest.fixture
async def catalog(keda: ApiServer, client: Client) -> AsyncIterator[str]:
    """Name of a Hardware, a Region and a Model of one's own, gone after the test."""
    assert keda.ours
    name = f"c-{secrets.token_hex(4)}"
    await client.create(build("Hardware", name, HARDWARE))
    await client.create(build("Region", name, {"id": secrets.randbelow(10**6), "displayName": "Here"}))
    await client.create(build("Model", name, {**MODEL, "defaultHardware": name}))
    yield name
    for kind in ("Model", "Region", "Hardware"):
        await client.delete(kind, "", name)


@pytest.fixture
async def rest(own: ApiServer, connection: Connection, client: Client) -> AsyncIterator[Rest]:
    """The REST API, and a key that manages a namespace of its own."""
    async with start_rest(connection, client, Settings()) as rest:
        yield rest
    clear_namespace(own, rest.namespace)


@pytest.fixture
async def operator(rest: Rest, own: ApiServer, tmp_path: Path) -> AsyncIterator[OperatorProcess]:
    """An operator that serves the namespace. It finds the manager's key where it would look for a user's."""
    metadata = {"name": "given", "namespace": rest.namespace}
    await rest.client.create(
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"k": rest.key}}
    )
    reference = {"secretRef": {"name": "given", "key": "k"}}
    await rest.client.patch("ApiKey", rest.namespace, "manager", {"spec": reference})
    settings = {"namespace": rest.namespace, "watchNamespaces": [rest.namespace]}
    process = OperatorProcess(tmp_path, own.kubeconfig, settings, "one")
    try:
        await process.wait_leading()
        yield process
    finally:
        process.terminate()


@pytest.fixture
async def terminal(rest: Rest, tmp_path: Path) -> AsyncIterator[Terminal]:
    """The command line, logged in with a key of the namespace."""
    async with open_terminal(rest, tmp_path) as terminal:
        yield terminal


@pytest.fixture
async def start(own: ApiServer, namespace: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts replicas that serve the test's namespace, and ends them."""
    started: list[OperatorProcess] = []

    def start_replica(identity: str) -> OperatorProcess:
        settings = {"namespace": namespace, "watchNamespaces": [namespace]}
        started.append(OperatorProcess(tmp_path, own.kubeconfig, settings, identity))
        return started[-1]

    yield start_replica
    for replica in started:
        replica.terminate()
