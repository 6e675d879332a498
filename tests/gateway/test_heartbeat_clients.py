"""Who waits with heartbeats: official clients, HTTP/2, slow readers, and those whose gateway, control or key goes."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from inferops.control.plane import ControlPlane
from inferops.settings import GatewaySettings, Settings
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.javascript import run_script
from tests.gateway.meter_process import run_meter
from tests.gateway.objects import ALICE, DOMAIN, api_key, fill, instance
from tests.gateway.reader import ASK, BODY, Reader, held, wake
from tests.support.eventually import PATIENCE, eventually

pytestmark = pytest.mark.slow
COLD = host_of("cold")
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]


async def test_the_python_client_reads_on_and_raises_what_it_is_told(gateway: Gateway, engine: Engine) -> None:
    async def ask(**body: Any) -> int:
        async with gateway.openai(COLD, ALICE) as client:
            stream = await client.chat.completions.create(
                model="sleepy", messages=HELLO, stream=True, extra_headers=ASK, extra_body=body
            )
            return len([chunk async for chunk in stream])

    gateway.put(instance("cold", model="sleepy", apiKeys=["alice"], limits={"holdTimeout": 2}))
    with pytest.raises(openai.APIError, match="did not start in time"):
        await ask()
    gateway.put(instance("cold", model="sleepy", apiKeys=["alice"]))
    task = asyncio.create_task(ask(chunks=4))
    await asyncio.sleep(2.5)
    assert not task.done()
    wake(gateway, engine)
    assert await task == 4


async def test_the_javascript_client_and_http_2_wait_likewise(gateway: Gateway, engine: Engine, tmp_path: Path) -> None:
    question = {"url": gateway.url, "host": COLD, "key": ALICE, "model": "sleepy"}
    task = asyncio.create_task(run_script("waiting.mjs", question, tmp_path / "ca.pem"))
    await eventually(lambda: held(gateway) == 4)
    await asyncio.sleep(2.2)
    wake(gateway, engine)
    heard = {"status": 200, "waited": True, "events": 5}
    assert await task == {"counted": 5, "heard": [heard] * 3}


async def test_a_client_that_reads_slowly_slows_its_replica(gateway: Gateway, engine: Engine) -> None:
    """40 MB wait at the engine, not in the gateway."""
    body = json.dumps({**BODY, "chunks": 300_000, "pause": 0}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nhost: {COLD}\r\nx-api-key: {ALICE}\r\nprefer: heartbeat=1\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port)) as client:
        client.sendall(head.encode() + body)
        await asyncio.to_thread(client.recv, 1)
        wake(gateway, engine)
        await eventually(lambda: engine.open == 1)
        memory = await allocated(gateway)
        await asyncio.sleep(5)
        assert await allocated(gateway) - memory < 16 << 20
        assert engine.open == 1
        client.settimeout(30)

        def read() -> int:
            size, tail = 0, b""
            while not tail.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
                piece = client.recv(1 << 20)
                assert piece
                size, tail = size + len(piece), (tail + piece)[-64:]
            return size

        assert await asyncio.to_thread(read) > 300_000 * 100


async def allocated(gateway: Gateway) -> int:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{gateway.admin_port}/memory")
    return int(answer.json()["allocated"])


async def test_a_key_that_is_revoked_hears_it_while_it_waits(tmp_path: Path, envoy_binary: str, engine: Engine) -> None:
    settings = Settings(gateway=GatewaySettings(domain=DOMAIN, revoked_streams="End"))
    gateway = Gateway(tmp_path, envoy_binary, settings)
    gateway.put(*fill(engine.address, engine.port))
    async with gateway.control(), gateway.envoy(), gateway.client(COLD, ALICE, **ASK) as client:
        reader = Reader()
        task = asyncio.create_task(reader.ask(client))
        await eventually(lambda: reader.comments)
        gateway.put(api_key("alice", disabled=True))
        await eventually(lambda: '"code":"invalid_api_key"' in reader.text)
        task.cancel()
        await eventually(lambda: held(gateway) == 0)


async def test_a_gateway_that_ends_waits_for_those_who_wait(idle_gateway: Gateway, engine: Engine) -> None:
    gateway, reader = idle_gateway, Reader()
    async with (
        gateway.control(),
        gateway.envoy() as envoy,
        run_meter(gateway, "--settle-seconds", "0") as meter,
        gateway.client(COLD, ALICE, **ASK) as client,
    ):
        task = asyncio.create_task(reader.ask(client))
        await eventually(lambda: reader.comments)
        meter.terminate()
        await asyncio.sleep(1.5)
        wake(gateway, engine)
        await task
        assert reader.text.endswith("data: [DONE]\n\n")
        assert await asyncio.wait_for(envoy.wait(), 5 * PATIENCE) == 0


async def test_while_control_is_away_they_wait_on_and_lose_nothing(idle_gateway: Gateway, engine: Engine) -> None:
    gateway, reader = idle_gateway, Reader()
    async with AsyncExitStack() as stack:
        async with gateway.control():
            await stack.enter_async_context(gateway.envoy())
            client = await stack.enter_async_context(gateway.client(COLD, ALICE, **ASK))
            task = asyncio.create_task(reader.ask(client))
            await eventually(lambda: reader.comments)
        await eventually(lambda: reader.comments >= 4)
        gateway.plane = ControlPlane(gateway.settings, gateway.stores)
        wake(gateway, engine)
        await stack.enter_async_context(gateway.control())
        await task
    assert reader.text.endswith("data: [DONE]\n\n")
