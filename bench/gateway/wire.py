"""Both ends of a measurement, the Go program of bench/gateway/wire: an upstream that answers as an engine, and load."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from bench.go_programs import build_program

SOURCE = Path(__file__).parent / "wire"
HELLO = '{"model":"tiny","messages":[{"role":"user","content":"Hello"}]%s}'
STREAM = ',"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}'
PLAIN_ENDING, STREAM_ENDING = "}", "data: [DONE]\n\n"


class Ask(NamedTuple):
    """What is asked, over how many connections, each with one request after the other."""

    connections: int = 32
    stream: bool = False
    """A stream of 50 pieces with usage in each, as vLLM gives it when usage is forced; else one small JSON answer."""
    pause_ms: int = 0
    """Between the pieces of a stream."""
    seconds: float = 3.0
    requests: int = 0
    """Of each connection at most; 0: as many as the time allows."""
    rate: float = 0.0
    """Requests per second of all connections together; 0: as fast as the answers come."""

    @property
    def body(self) -> str:
        """The request's."""
        return HELLO % (STREAM + (f',"pause_ms":{self.pause_ms}' if self.pause_ms else "") if self.stream else "")


class Load(NamedTuple):
    """What came of it; times in milliseconds, the gap between pieces of one answer."""

    requests: int
    rps: float
    p50_ms: float
    p99_ms: float
    gap_p99_ms: float


@asynccontextmanager
async def run_upstream() -> AsyncIterator[int]:
    """An engine on loopback; yields its port."""
    process = await asyncio.create_subprocess_exec(build_program(SOURCE), "upstream", stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout  # noqa: S101  asked for
        yield int((await process.stdout.readline()).decode().rpartition(":")[2])
    finally:
        process.kill()
        await process.wait()


async def run_load(port: int, headers: dict[str, str], ask: Ask) -> Load:
    """Ask for as long as `ask` says. Raises RuntimeError when anything but good answers came."""
    arguments = {
        "address": f"127.0.0.1:{port}",
        "connections": ask.connections,
        "seconds": ask.seconds,
        "requests": ask.requests,
        "rate": ask.rate,
        "body": ask.body,
        "headers": "\n".join(f"{name}: {value}" for name, value in headers.items()),
        "ending": STREAM_ENDING if ask.stream else PLAIN_ENDING,
    }
    flags = [f"-{name}={value}" for name, value in arguments.items()]
    process = await asyncio.create_subprocess_exec(
        build_program(SOURCE), "load", *flags, stdout=asyncio.subprocess.PIPE
    )
    told = json.loads((await process.communicate())[0])
    if told["failed"] or not told["requests"]:
        raise RuntimeError(f"{told['failed']} of {told['requests'] + told['failed']} requests failed: {told['reason']}")
    rps = told["requests"] / told["seconds"]
    return Load(told["requests"], rps, told["p50_ms"], told["p99_ms"], told["gap_p99_ms"])
