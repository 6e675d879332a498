"""Streams that run while their key is revoked: by a setting they finish, or end within seconds."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
import pytest_asyncio

from inferops.settings import GatewaySettings, Settings
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, BOB, DOMAIN, api_key, endpoint_slice, fill, instance
from tests.gateway.realtime import RealtimeEngine
from tests.support.eventually import PATIENCE, eventually

WARM = host_of("warm")
TOLD_WITHIN = 1.5 * PATIENCE
"""Seconds: one, on a machine that has other work."""
LONG = {"stream": True, "chunks": 100, "pause": 0.1}


@pytest_asyncio.fixture(loop_scope="session")
async def ending(tmp_path: Path, envoy_binary: str, engine: Engine) -> AsyncIterator[Gateway]:
    """A gateway that ends the streams of revoked keys."""
    settings = Settings(gateway=GatewaySettings(domain=DOMAIN, revoked_streams="End"))
    gateway = Gateway(tmp_path, envoy_binary, settings)
    gateway.put(*fill(engine.address, engine.port), instance("warm", apiKeys=["alice", "bob"]))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(gateway.control())
        await stack.enter_async_context(gateway.envoy())
        yield gateway


async def events(gateway: Gateway, key: str, body: dict[str, Any]) -> list[str]:
    async with gateway.client(WARM, key) as client, client.stream("POST", CHAT, json=body) as stream:
        return [line async for line in stream.aiter_lines() if line]


async def test_running_streams_of_a_revoked_key_end_within_seconds_and_say_why(ending: Gateway, engine: Engine) -> None:
    alice = [asyncio.create_task(events(ending, ALICE, LONG)) for _ in range(4)]
    bob = asyncio.create_task(events(ending, BOB, {**LONG, "chunks": 40}))
    await eventually(lambda: engine.open == 5)
    ending.put(api_key("alice", disabled=True))
    revoked = time.monotonic()
    async with ending.client(WARM, BOB) as client, client.stream("POST", CHAT, json=LONG) as stream:
        lines = stream.aiter_lines()
        while time.monotonic() - revoked < 3:
            assert "error" not in await anext(lines), "bob's key is good"
    for task in alice:
        lines_of = await asyncio.wait_for(task, 12 * PATIENCE)
        done, error = lines_of[-1], json.loads(lines_of[-2].removeprefix("data: "))
        assert done == "data: [DONE]"
        assert error["error"]["code"] == "invalid_api_key"
        assert len(lines_of) < 50, "not to the end"
        assert all(json.loads(line.removeprefix("data: ")) for line in lines_of[:-1]), "whole events only"
    assert len(await bob) == 41


async def test_the_openai_client_raises_and_leaves(ending: Gateway, engine: Engine) -> None:
    async with ending.openai(WARM, ALICE) as client:
        stream = await client.chat.completions.create(
            model="x", messages=[{"role": "user", "content": "hello"}], stream=True, extra_body=LONG
        )
        await anext(stream)
        ending.put(api_key("alice", disabled=True))
        with pytest.raises(openai.APIError, match="has been revoked"):
            [chunk async for chunk in stream]
        await stream.close()
    await eventually(lambda: engine.open == 0 and engine.left == 1, within=3)


async def test_a_websocket_of_a_revoked_key_is_closed_between_two_frames_with_the_reason(ending: Gateway) -> None:
    async with RealtimeEngine("127.0.0.9") as engine, aiohttp.ClientSession(headers={"host": WARM}) as session:
        ending.put(endpoint_slice("warm", ("127.0.0.9", engine.port, True)))

        async def talk(key: str) -> aiohttp.WSMessage:
            """Until it is closed, or ten seconds are over; the last message."""
            url, heard = f"ws://127.0.0.1:{ending.port}/v1/realtime", None
            async with session.ws_connect(url, headers={"x-api-key": key}) as socket:
                for size in range(100):
                    heard = await socket.receive()
                    if heard.type is not aiohttp.WSMsgType.TEXT:
                        break
                    await asyncio.sleep(0.1)
                    await socket.send_bytes(b"x" * size * 1000)
            assert heard
            return heard

        await eventually(lambda: reaches(ending, engine))
        alice, bob = asyncio.create_task(talk(ALICE)), asyncio.create_task(talk(BOB))
        await eventually(lambda: engine.open == 2)
        ending.put(api_key("alice", disabled=True))
        last = await asyncio.wait_for(alice, 5 * PATIENCE)
        assert (last.type, last.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.POLICY_VIOLATION)
        assert last.extra == "This API key has been revoked."
        await eventually(lambda: engine.open == 1)
        assert json.loads((await bob).data)["type"] == "heard"


async def test_a_silent_websocket_is_closed_within_a_second(ending: Gateway) -> None:
    async with RealtimeEngine("127.0.0.9") as engine, aiohttp.ClientSession(headers={"host": WARM}) as session:
        ending.put(endpoint_slice("warm", ("127.0.0.9", engine.port, True)))
        await eventually(lambda: reaches(ending, engine))
        url = f"ws://127.0.0.1:{ending.port}/v1/realtime"
        async with (
            session.ws_connect(url, headers={"x-api-key": ALICE}) as alice,
            session.ws_connect(url, headers={"x-api-key": BOB}) as bob,
        ):
            await alice.receive()
            await bob.receive()
            ending.put(api_key("alice", disabled=True))
            last = await alice.receive(timeout=TOLD_WITHIN)
            assert (last.type, last.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.POLICY_VIOLATION)
            await eventually(lambda: engine.open == 1)
            await bob.send_str("{}")
            assert json.loads((await bob.receive()).data)["type"] == "heard"


async def test_a_silent_stream_ends_within_a_second_and_with_it_the_work_of_its_engine(
    ending: Gateway, engine: Engine
) -> None:
    running = asyncio.create_task(events(ending, ALICE, {**LONG, "pause": 60}))
    await eventually(lambda: engine.open == 1)
    await asyncio.sleep(0.3)
    ending.put(api_key("alice", disabled=True))
    assert (await asyncio.wait_for(running, TOLD_WITHIN))[-1] == "data: [DONE]"
    await eventually(lambda: engine.open == 0)


async def reaches(gateway: Gateway, engine: Engine) -> bool:
    async with gateway.client(WARM, BOB) as client:
        return bool((await client.post(CHAT, json={})).json()["engine"] == engine.name)


async def test_streams_go_on_while_control_is_away(ending: Gateway) -> None:
    running = asyncio.create_task(events(ending, ALICE, {**LONG, "chunks": 40}))
    await asyncio.sleep(0.5)
    await ending.plane.close()
    assert len(await running) == 41


async def test_other_answers_are_as_they_are(ending: Gateway) -> None:
    async with ending.client(WARM, ALICE) as client:
        assert (await client.post(CHAT, json={})).json()["engine"] == "first"
        assert (await client.post(CHAT, json={"status": 400})).json()["error"]["code"] == "engine_code"


async def test_by_default_they_finish(gateway: Gateway, engine: Engine) -> None:
    running = asyncio.create_task(events(gateway, ALICE, {**LONG, "chunks": 30}))
    await eventually(lambda: engine.open == 1)
    gateway.put(api_key("alice", disabled=True))
    assert (await running)[-1] == "data: [DONE]"
