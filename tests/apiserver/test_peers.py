"""The certificates of gateway and control in their Secrets: made, kept, and mended, by the replica that leads."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta

import pytest

from inferops.cluster.client import Client
from inferops.errors import NotFound
from inferops.handlers.peers import SECRETS, PeerKeeper
from inferops.names import CONTROL, GATEWAY
from inferops.settings import Settings
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually

Data = dict[str, dict[str, str]]


@pytest.fixture
def space(own: ApiServer) -> str:
    name = f"peers-{secrets.token_hex(4)}"
    own.http.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    return name


@asynccontextmanager
async def keep(client: Client, space: str, leads: Callable[[], bool], settling: float = 600) -> AsyncIterator[None]:
    keeper = PeerKeeper(client, Settings(namespace=space), leads, timedelta(seconds=settling))
    task = asyncio.create_task(keeper.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def read(client: Client, space: str) -> Data:
    return {who: (await client.get("Secret", space, name)).get("data") or {} for who, name in SECRETS.items()}


async def is_complete(client: Client, space: str) -> Data:
    """The Secrets, once each trusts what the other shows."""
    try:
        data = await read(client, space)
    except NotFound:
        return {}
    for who, other in ((CONTROL, GATEWAY), (GATEWAY, CONTROL)):
        trusted = base64.b64decode(data[who].get("ca.crt", ""))
        shown = base64.b64decode(data[other].get("tls.crt", "nothing="))
        if shown not in trusted:
            return {}
    return data


async def is_settled(client: Client, space: str) -> bool:
    """Complete, and half a second later still the same."""
    made = await is_complete(client, space)
    await asyncio.sleep(0.5)
    return bool(made) and await read(client, space) == made


async def test_empty_secrets_are_filled_and_damaged_ones_mended(client: Client, space: str) -> None:
    for name in SECRETS.values():
        metadata = {"name": name, "namespace": space}
        await client.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    async with keep(client, space, lambda: True):
        made = await eventually(lambda: is_complete(client, space))
        damage = {"data": {"tls.key": base64.b64encode(b"nonsense").decode()}}
        await client.patch("Secret", space, SECRETS[CONTROL], damage)

        async def mended() -> bool:
            data = await is_complete(client, space)
            return bool(data) and data[CONTROL]["tls.crt"] != made[CONTROL]["tls.crt"]

        await eventually(mended)
        assert (await read(client, space))[GATEWAY]["tls.crt"] == made[GATEWAY]["tls.crt"], "the other stays"


async def test_a_replica_that_does_not_lead_writes_nothing_and_at_once_when_it_does(client: Client, space: str) -> None:
    leads = False
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(keep(client, space, lambda: leads))
        await asyncio.sleep(0.5)
        with pytest.raises(NotFound):
            await read(client, space)
        leads = True
        await eventually(lambda: is_complete(client, space), within=5)  # pods wait for it: no look of every half minute
        await stack.enter_async_context(keep(client, space, lambda: True))
        assert await eventually(lambda: is_settled(client, space)), "two that lead for a moment agree"
