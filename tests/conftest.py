"""Fixtures that several tiers share; tests/README.md says what each gives."""

import os
from collections.abc import Iterator

import pytest

from tests.support.apiserver import ApiServer, connect_apiserver, start_apiserver
from tests.support.crds import install_crds


@pytest.fixture(scope="session")
def apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A real API server without CRDs; with $CONTEXT, that cluster, to which nothing is written."""
    folder = tmp_path_factory.mktemp("apiserver")
    context = os.environ.get("CONTEXT")
    with connect_apiserver(context, folder) if context else start_apiserver(folder) as server:
        yield server


@pytest.fixture(scope="session")
def crds(apiserver: ApiServer) -> ApiServer:
    """The API server with our kinds; in somebody's cluster they must be there already."""
    if apiserver.ours:
        install_crds(apiserver)
    elif apiserver.http.get("/apis/inferops.dev/v1alpha1").status_code != 200:
        pytest.skip(
            f"context {apiserver.context} does not have the kinds of inferops.dev: install the chart there first"
        )
    return apiserver


@pytest.fixture
def own_apiserver(crds: ApiServer) -> ApiServer:
    """The API server with our kinds, for tests that write."""
    if not crds.ours:
        pytest.skip(f"writes, and context {crds.context} is not ours")
    return crds
