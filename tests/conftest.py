"""Fixtures that several tiers share; tests/README.md says what each gives."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from tests.support.apiserver import ApiServer, connect_apiserver, start_apiserver
from tests.support.crds import install_crds, install_gateway_api, install_scaledobjects


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a test that is slow begin first: in the end everybody would wait for one of them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """golden(path, text): the file holds that text; with --update-golden it is made to."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text)
        assert path.exists(), f"{path.name} is missing: run pytest --update-golden and review what it writes"
        assert text == path.read_text(), f"{path.name} differs: if the new text is right, run pytest --update-golden"

    return check


@pytest.fixture(scope="session")
def apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A real API server without CRDs; with $CONTEXT, that cluster, to which nothing is written."""
    folder = tmp_path_factory.mktemp("apiserver")
    with connect_apiserver(folder) if os.environ.get("CONTEXT") else start_apiserver(folder) as server:
        yield server


@pytest.fixture(scope="session")
def crds(apiserver: ApiServer) -> ApiServer:
    """The API server with our kinds; in somebody's cluster they must be there already."""
    if apiserver.ours:
        install_crds(apiserver)
    elif apiserver.http.get("/apis/inferops.dev/v1alpha1").is_error:
        pytest.skip(f"context {apiserver.context} lacks the kinds of inferops.dev: install the chart there first")
    return apiserver


@pytest.fixture(scope="session")
def own(crds: ApiServer) -> ApiServer:
    """The API server with our kinds, for tests that write."""
    if not crds.ours:
        pytest.skip(f"writes, and context {crds.context} is not ours to write to")
    return crds


@pytest.fixture(scope="session")
def keda(crds: ApiServer) -> ApiServer:
    """The API server with our kinds and KEDA's ScaledObject."""
    if crds.ours:
        install_scaledobjects(crds)
    elif crds.http.get("/apis/keda.sh/v1alpha1").is_error:
        pytest.skip(f"context {crds.context} lacks KEDA")
    return crds


@pytest.fixture(scope="session")
def gateway_api(crds: ApiServer) -> ApiServer:
    """The API server with our kinds and those of the Gateway API."""
    if crds.ours:
        install_gateway_api(crds)
    elif crds.http.get("/apis/gateway.networking.k8s.io/v1").is_error:
        pytest.skip(f"context {crds.context} lacks the Gateway API")
    return crds


@pytest.fixture
async def client(own: ApiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """The operator's own client, on the API server with our kinds."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    async with Client(read_connection(own.context)) as client:
        yield client
