"""Clients that take their time, or too many places: each is bounded, and none takes anything from the others."""

import asyncio
import json
import socket
import subprocess
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ALICE
from tests.support.eventually import PATIENCE, eventually

WARM = host_of("warm")
HEAD = f"POST {CHAT} HTTP/1.1\r\nhost: {WARM}\r\nx-api-key: {ALICE}\r\n"
MIB = 1 << 20
SHORTER = {
    "request_headers_timeout: 30s": "request_headers_timeout: 1s",
    "request_timeout: 7200s": "request_timeout: 1s",
    "idle_timeout: 620s": "idle_timeout: 3s",
    "max_active_downstream_connections: 50000": "max_active_downstream_connections: 20",
}


def shortened(gateway: Gateway) -> str:
    """The bootstrap, with bounds that a test can wait for."""
    text = gateway.bootstrap()
    for long, short in SHORTER.items():
        assert long in text
        text = text.replace(long, short)
    return text


async def dribble(gateway: Gateway, head: str, piece: str) -> bytes:
    """Send a beginning, then a piece each 0.2 s; what comes back at first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(head.encode())
    reading = asyncio.create_task(reader.read(65536))
    async with asyncio.timeout(10 * PATIENCE):
        while not reading.done():
            with suppress(ConnectionError):
                writer.write(piece.encode())
                await writer.drain()
            await asyncio.sleep(0.2)
    writer.close()
    with suppress(ConnectionError):
        return reading.result()
    return b""


async def test_headers_and_bodies_that_dribble_end_in_time(idle_gateway: Gateway, engine: Engine) -> None:
    gateway = idle_gateway
    async with gateway.control(), gateway.envoy(bootstrap=shortened(gateway)):
        for head, piece in ((HEAD, "x-a: 1\r\n"), (f"{HEAD}content-length: 1000\r\n\r\n", "x")):
            answer = await dribble(gateway, head, piece)
            assert answer.startswith(b"HTTP/1.1 408 "), head
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "request_timeout"
        assert await dribble(gateway, "", "") == b"", "a connection on which nothing comes"
        await eventually(lambda: engine.open == 0)


async def test_connections_beyond_the_bound_are_closed_and_the_others_served(idle_gateway: Gateway) -> None:
    gateway = idle_gateway
    async with gateway.control(), gateway.envoy(bootstrap=shortened(gateway)), AsyncExitStack() as stack:
        kept = await stack.enter_async_context(gateway.client(WARM, ALICE))
        assert (await kept.post(CHAT, json={})).status_code == 200
        idle = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(40)]
        refused = await asyncio.gather(
            *(asyncio.wait_for(reader.read(1), 0.5 * PATIENCE) for reader, _ in idle), return_exceptions=True
        )
        assert sum(result == b"" for result in refused) >= 20
        assert (await kept.post(CHAT, json={})).status_code == 200
        for _, writer in idle:
            writer.close()


async def test_a_long_answer_is_not_a_slow_request(idle_gateway: Gateway) -> None:
    gateway = idle_gateway
    async with gateway.control(), gateway.envoy(bootstrap=shortened(gateway)), gateway.client(WARM, ALICE) as client:
        assert (await client.post(CHAT, json={"delay": 2.5})).status_code == 200
        body = {"stream": True, "chunks": 3, "pause": 1.3}
        async with client.stream("POST", CHAT, json=body) as stream:
            assert [line async for line in stream.aiter_lines()][-2] == "data: [DONE]"


def curl(gateway: Gateway, *arguments: str) -> tuple[int, str]:
    """Status and body, by the tool that reads while it sends."""
    command = ["curl", "-s", "-m", "20", "-w", "\n%{http_code}", "-H", f"host: {WARM}", "-H", f"x-api-key: {ALICE}"]
    done = subprocess.run([*command, *arguments, f"{gateway.url}{CHAT}"], check=False, capture_output=True, text=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


@pytest.mark.parametrize("protocol", [["--http1.1"], ["--http2-prior-knowledge"], ["--http1.1", "-H", "expect:"]])
async def test_a_body_that_is_too_large_is_explained_over_every_protocol(
    gateway: Gateway, tmp_path: Path, engine: Engine, protocol: list[str]
) -> None:
    """Announced, and in chunks; with `expect: 100-continue`, as curl does by itself, and without."""
    large = tmp_path / "large"
    large.write_bytes(b"\0" * (40 * MIB))
    send = [*protocol, "--data-binary", f"@{large}"]
    unannounced = ["-H", "transfer-encoding: chunked"]
    for more in ([], unannounced) if "--http1.1" in protocol else ([],):
        status, body = await asyncio.to_thread(curl, gateway, *send, *more)
        assert (status, json.loads(body)["error"]["code"]) == (413, "request_too_large"), more
        assert "file too large" in json.loads(body)["error"]["message"]
    assert all(seen["size"] < 40 * MIB for seen in engine.seen)
    large.write_bytes(b"\0" * (30 * MIB))
    assert (await asyncio.to_thread(curl, gateway, *send))[0] == httpx.codes.OK


@pytest.mark.parametrize(("host", "path"), [(WARM, CHAT), (SHARED, path_of("warm")), ("nobody.test", path_of("warm"))])
async def test_who_reads_nothing_before_all_is_sent_reads_that_it_was_too_large(
    gateway: Gateway, engine: Engine, host: str, path: str
) -> None:
    """A blocking client, without a word of how much it will send: 40 chunks of 1 MiB."""

    def send() -> bytes:
        head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\nx-api-key: {ALICE}\r\ntransfer-encoding: chunked\r\n\r\n"
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
            connection.sendall(head.encode())
            for _ in range(40):
                connection.sendall(b"%x\r\n%s\r\n" % (MIB, b"\0" * MIB))
            connection.sendall(b"0\r\n\r\n")
            return connection.recv(4096)

    answer = await asyncio.to_thread(send)
    assert answer.startswith(b"HTTP/1.1 413 "), answer
    assert b"file too large" in answer
    await eventually(lambda: engine.open == 0)
    assert engine.seen == []
