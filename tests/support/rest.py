"""The REST API in front of a real API server: its process without a socket, and keys as the operator makes them."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from inferops.api.app import PREFIX, build_app
from inferops.api.process import ApiProcess
from inferops.api.services import Services
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.names import Manifest
from inferops.plan.apikey import build_hash_secret, build_key, hash_key
from inferops.settings import Settings
from inferops.specs.key_hashes import KeyHashes
from tests.support.eventually import eventually
from tests.support.operator_world import build

OPENING = 0.05
"""Seconds for the watches to open: of a connection that is cancelled in the moment in which it is made, Python 3.11
forgets the socket, and a test as short as that would be told.
"""


@dataclass(frozen=True)
class Rest:
    """The API, and a caller who manages a namespace."""

    http: httpx.AsyncClient
    """Relative to /ai-inference, with the key."""
    namespace: str
    key: str
    services: Services
    client: Client
    """The API server, as its administrator."""

    def as_other(self, key: str) -> httpx.AsyncClient:
        """The API as the holder of another key sees it."""
        return httpx.AsyncClient(
            transport=self.http._transport, base_url=self.http.base_url, headers={"x-api-key": key}
        )


async def make_key(client: Client, namespace: str, name: str, **spec: object) -> str:
    """An ApiKey whose hash the operator has written; the key."""
    obj = await client.create(build("ApiKey", name, {"scopes": ["manage"], **spec}, namespace))
    key = build_key(secrets.token_bytes(32))
    await client.create(build_hash_secret(obj, KeyHashes(hash_key(key))))
    return key


async def make_namespace(client: Client) -> str:
    """A fresh one."""
    name = f"rest-{secrets.token_hex(4)}"
    manifest: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    await client.create(manifest)
    return name


@asynccontextmanager
async def start_rest(connection: Connection, client: Client, settings: Settings) -> AsyncIterator[Rest]:
    """The API with a key of a namespace of its own, once it knows the cluster."""
    namespace = await make_namespace(client)
    key = await make_key(client, namespace, "manager")
    process = ApiProcess(settings, connection)
    async with process.watching() as services:
        transport = httpx.ASGITransport(build_app(services), raise_app_exceptions=False)
        headers = {"x-api-key": key}
        async with httpx.AsyncClient(transport=transport, base_url=f"http://api{PREFIX}", headers=headers) as http:
            await asyncio.gather(*(reflector.synced.wait() for reflector in services.world.reflectors))

            async def is_known() -> bool:
                return (await http.get("/me")).is_success

            await eventually(is_known, within=10)
            await asyncio.sleep(OPENING)
            yield Rest(http, namespace, key, services, client)
