"""The gateway in the hands of its operators: ending a replica, what it tells, and who may ask."""

import asyncio
import json
import os
import shutil
import time
from pathlib import Path

import httpx
import pytest

from inferops.gateway.bootstrap import BootstrapSettings, build_bootstrap
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.meter_process import run_meter
from tests.gateway.objects import ALICE, SETTINGS
from tests.support.eventually import PATIENCE, eventually

FORBIDDEN = (
    *("/quitquitquit", "/config_dump", "/healthcheck/fail", "/stats", "/", "/ready/"),
    *("/ready/../quitquitquit", "/ready%2f..%2fquitquitquit", "//quitquitquit"),
)


async def read_stream(gateway: Gateway, chunks: int) -> int:
    """How many events of a stream arrive."""
    async with (
        gateway.client(host_of("warm"), ALICE) as client,
        client.stream("POST", CHAT, json={"stream": True, "chunks": chunks, "pause": 0.1}) as answer,
    ):
        return sum([line.startswith("data: {") async for line in answer.aiter_lines()])


async def ask(gateway: Gateway, client: httpx.AsyncClient) -> httpx.Response:
    return await client.post(f"{gateway.url}{CHAT}", json={})


async def test_an_ending_replica_finishes_its_streams_and_sends_clients_elsewhere(idle_gateway: Gateway) -> None:
    gateway = idle_gateway
    async with (
        gateway.control(),
        gateway.envoy() as envoy,
        run_meter(gateway, "--settle-seconds", "1") as meter,
        gateway.client(host_of("warm"), ALICE) as client,
    ):
        assert "connection" not in (await ask(gateway, client)).headers
        stream = asyncio.create_task(read_stream(gateway, chunks=30))
        await asyncio.sleep(0.3)
        meter.terminate()
        await eventually(lambda: is_unready(gateway), within=2)
        late = await ask(gateway, client)
        assert (late.status_code, late.headers["connection"]) == (200, "close")
        assert meter.returncode is None
        assert await stream == 30
        async with asyncio.timeout(5 * PATIENCE):
            assert await envoy.wait() == 0
            assert await meter.wait() == 0


async def is_unready(gateway: Gateway) -> bool:
    return not await gateway.is_ready()


async def test_an_idle_replica_ends_as_soon_as_nobody_sends_to_it(idle_gateway: Gateway) -> None:
    gateway, options = idle_gateway, ("--settle-seconds", "0.5")
    async with gateway.control(), gateway.envoy() as envoy, run_meter(gateway, *options) as meter:
        begun = time.monotonic()
        meter.terminate()
        assert await envoy.wait() == 0
        assert 0.5 <= time.monotonic() - begun < 2 * PATIENCE


async def test_a_stream_that_does_not_end_holds_a_replica_no_longer_than_allowed(idle_gateway: Gateway) -> None:
    gateway, options = idle_gateway, ("--settle-seconds", "0", "--drain-seconds", "1")
    async with gateway.control(), gateway.envoy() as envoy, run_meter(gateway, *options) as meter:
        stream = asyncio.create_task(read_stream(gateway, chunks=100))
        await asyncio.sleep(0.5)
        meter.terminate()
        assert await envoy.wait() == 0
        with pytest.raises(httpx.RemoteProtocolError):
            await stream
        assert b'"cut":1' in (await meter.communicate())[1]


async def test_a_replica_without_memory_refuses_requests_and_stays(idle_gateway: Gateway) -> None:
    gateway = idle_gateway
    async with gateway.control(), gateway.envoy(bootstrap=gateway.bootstrap(memory_bytes=1 << 20)) as envoy:
        await eventually(lambda: refuses(gateway))
        assert envoy.returncode is None


async def refuses(gateway: Gateway) -> bool:
    async with gateway.client(host_of("warm"), ALICE) as client:
        answer = await ask(gateway, client)
    return answer.status_code == 503 and answer.json()["error"]["type"] == "server_error"


async def test_the_health_port_leads_to_nothing_else_of_the_admin_interface(gateway: Gateway) -> None:
    answers = {(verb, path): await ask_health(gateway, verb, path) for verb in ("GET", "POST") for path in FORBIDDEN}
    assert set(answers.values()) == {404}, answers
    assert await gateway.is_ready()


async def ask_health(gateway: Gateway, verb: str, path: str) -> int:
    """Sent as it is written: clients would normalize the path."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.health_port)
    writer.write(f"{verb} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


def test_the_admin_interface_listens_on_loopback_only() -> None:
    settings = BootstrapSettings("x", "y", 1, SETTINGS.gateway, listen_address="::")
    address = build_bootstrap(settings)["admin"]["address"]["socket_address"]
    assert address["address"] == "127.0.0.1"


@pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed: nobody to speak HTTP/2 with")
async def test_http2_connections_finish_their_streams_and_are_told_to_go_elsewhere(idle_gateway: Gateway) -> None:
    gateway = idle_gateway
    async with gateway.control(), gateway.envoy() as envoy, run_meter(gateway, "--settle-seconds", "2") as meter:
        question = {"url": gateway.url, "host": host_of("warm"), "key": ALICE, "chunks": 50}
        env = {**os.environ, "QUESTION": json.dumps(question)}
        script = str(Path(__file__).parent / "clients/leaving.mjs")
        pipe = asyncio.subprocess.PIPE
        client = await asyncio.create_subprocess_exec("node", script, env=env, stdin=pipe, stdout=pipe)
        assert client.stdin
        assert client.stdout
        assert await client.stdout.readline() == b"open\n"
        meter.terminate()
        await eventually(lambda: is_unready(gateway), within=2)
        client.stdin.write(b"\n")
        told = json.loads((await client.communicate())[0])
        assert told["open"] == {"status": 200, "events": 50}
        assert (told["late"]["status"], told["fresh"]["status"]) == (200, 200)
        assert told["code"] == 0, "GOAWAY without an error"
        assert await envoy.wait() == 0
