"""A thousand instances that a REST API of their own tells of: the real process, on a real API server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from bench.api.fleet import create_fleet, make_manager
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection

NAMESPACE = "fleet"


def create_instances(connection: Connection, count: int, name: str = NAMESPACE) -> str:
    """So many, of one namespace; the key that manages it. Beside Playwright, whose loop has this thread."""

    async def create() -> str:
        async with Client(connection) as client:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            await client.create(namespace)
            key = await make_manager(client, name)
            await create_fleet(client, count, lambda _: name, "chat")
            return key

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, create()).result()
