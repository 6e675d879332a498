"""Engines that control asks for their metrics may be anybody's images: what they answer is bounded."""

import asyncio
import gzip
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from inferops.control import engines
from inferops.control.engines import LONGEST, NO_TLS, fetch, read_sum
from inferops.gateway.endpoints import Endpoint

WAITING = b"vllm:num_requests_waiting 3.0\n"
HEAD = b"HTTP/1.1 200 OK\r\n"
WHOLE = HEAD + b"content-length: %d\r\n\r\n" % len(WAITING) + WAITING
PACKED = HEAD + b"content-encoding: gzip\r\n\r\n" + gzip.compress(WAITING + b"#" * (64 << 20))


@asynccontextmanager
async def engine(answer: bytes, *, for_ever: bytes = b"") -> AsyncIterator[Endpoint]:
    """Sends the one at once, then the other again and again."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            while for_ever:
                writer.write(for_ever)
                await writer.drain()
                await asyncio.sleep(0.001)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield Endpoint(*server.sockets[0].getsockname()[:2])
        server.close()


async def ask(replica: Endpoint) -> str | None:
    async with httpx.AsyncClient(timeout=engines.TIMEOUT, trust_env=False, verify=NO_TLS) as client:
        return await fetch(client, replica)


async def test_an_answer_is_read_as_it_came() -> None:
    async with engine(WHOLE) as replica:
        assert await ask(replica) == WAITING.decode()


@pytest.mark.parametrize("for_ever", [b"#" * (1 << 20), b"#"], ids=["much at once", "byte by byte"])
async def test_an_answer_without_end_is_none(monkeypatch: pytest.MonkeyPatch, for_ever: bytes) -> None:
    monkeypatch.setattr(engines, "TIMEOUT", 0.5 if len(for_ever) == 1 else 60)
    async with engine(HEAD + b"\r\n", for_ever=for_ever) as replica, asyncio.timeout(30):
        assert await ask(replica) is None


async def test_what_nobody_asked_to_be_packed_is_not_unpacked() -> None:
    async with engine(PACKED) as replica:
        text = await ask(replica)
    assert len(text or "") < LONGEST
    assert read_sum("queue", text or "") is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1e999", "soon"])
def test_what_is_no_number_is_no_reading(value: object) -> None:
    assert read_sum("queue", f"vllm:num_requests_waiting 1\nvllm:num_requests_waiting {value}\n") is None
