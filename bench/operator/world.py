"""An etcd and an API server with our kinds, KEDA's and the catalog, for one measurement."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.operator.fleet import create_world
from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from tests.support.apiserver import ApiServer, start_apiserver
from tests.support.crds import install_crds, install_scaledobjects


@asynccontextmanager
async def start_world(folder: Path) -> AsyncIterator[tuple[ApiServer, Client]]:
    """The server and a client of its administrator; both end with the context."""
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    with start_apiserver(folder) as server:
        install_crds(server)
        install_scaledobjects(server)
        os.environ["KUBECONFIG"] = str(server.kubeconfig)
        async with Client(read_connection(server.context)) as client:
            await create_world(server, client)
            yield server, client
