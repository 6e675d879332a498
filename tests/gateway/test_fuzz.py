"""10,000 malformed requests: none crashes the gateway, none comes in, nothing of ours leaks to either side."""

import asyncio
import json
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.malformed.cases import Case, build_admitted, build_refused
from tests.gateway.malformed.frames import take_frames
from tests.gateway.malformed.framing import SMUGGLED
from tests.gateway.malformed.keys import HASH, INTERNAL, KEY, SPOOFED_ADDRESS
from tests.gateway.malformed.strict import StrictEngine
from tests.gateway.malformed.wire import STATUS_LINE, Message, take_message
from tests.gateway.objects import endpoint_slice, fill
from tests.support.eventually import eventually

pytestmark = pytest.mark.slow
SEED = int(os.environ.get("FUZZ_SEED", "1"))
REFUSED, ADMITTED, WARMING = 6000, 4000, 1500
AT_ONCE = 64
PATIENCE = 1.0
"""Seconds without a byte, after which a connection is left: it waits for the rest of something."""
LEAK_BYTES = 8 << 20
ADDRESS = b"x-envoy-external-address"
"""Envoy says it to engines: where the connection came from."""
OURS = {name for name, _ in INTERNAL} - {ADDRESS, b"x-client-id"} | {b"x-api-key", b"authorization"}


async def test_ten_thousand_malformed_requests_harm_nothing(tmp_path: Path, envoy_binary: str) -> None:
    gateway = Gateway(tmp_path, envoy_binary)
    async with StrictEngine() as allowed, StrictEngine() as others, gateway.control(), gateway.envoy() as process:
        gateway.put(*fill(others.address, others.port))
        gateway.put(endpoint_slice("warm", (allowed.address, allowed.port, True)))
        await eventually(lambda: is_served(gateway))
        allowed.seen.clear()
        refused = list(build_refused(SEED, REFUSED))
        await send_all(gateway, refused[:WARMING])
        before = await read_allocated(gateway)
        await send_all(gateway, refused[WARMING:])
        assert [message.of(b"x-case") for message in allowed.seen] == [], f"came in, seed {SEED}"
        await send_all(gateway, build_admitted(SEED, ADMITTED))
        for message in allowed.seen:
            check_seen(message)
        assert others.seen == [], f"came where its key may not, seed {SEED}"
        assert allowed.broken == others.broken == [], f"seed {SEED}"
        assert len(allowed.seen) > ADMITTED / 20, "hardly anything went through: the admitted half shows nothing"
        await eventually(lambda: is_quiet(gateway))
        grown = await read_allocated(gateway) - before
        assert process.returncode is None, gateway.log.read_text()
        assert await is_served(gateway)
        print(f"{len(allowed.seen)} of {ADMITTED} reached the engine; Envoy's heap grew by {grown >> 10} KiB")
        assert grown < LEAK_BYTES


async def send_all(gateway: Gateway, cases: Iterable[Case]) -> None:
    """Some at a time; each answer is checked."""
    waiting, begun = iter(cases), time.monotonic()

    async def work() -> None:
        for case in waiting:
            data = await exchange(gateway.port, case)
            try:
                (check_frames if case.http2 else check_answers)(data)
            except (AssertionError, ValueError) as error:
                error.add_note(f"seed {SEED}, case {case.name}: sent {case.payload[:600]!r}, got {data[:600]!r}")
                raise

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    print(f"sent in {time.monotonic() - begun:.1f} s")


async def exchange(port: int, case: Case) -> bytes:
    """Everything that comes back until the gateway says that it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = b""
    try:
        writer.write(case.payload)
        while chunk := await asyncio.wait_for(reader.read(1 << 16), PATIENCE):
            data += chunk
            if not case.http2 and says_close(data):
                break
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return data


def says_close(data: bytes) -> bool:
    with suppress(ValueError):
        messages = read_answers(data)
        return bool(messages) and b"close" in messages[-1].of(b"connection")
    return True


def read_answers(data: bytes) -> list[Message]:
    messages = []
    while taken := take_message(data, STATUS_LINE):
        messages.append(taken[0])
        data = taken[1]
    return messages


def check_answers(data: bytes) -> None:
    """HTTP, error objects, and nothing that is ours alone."""
    for message in read_answers(data):
        names = {name.lower() for name, _ in message.fields}
        assert not names & {*OURS, b"x-client-id"}, message
        assert not any(name.startswith(b"x-envoy") for name in names), message
        assert HASH not in message.body
        assert KEY not in message.body
        if message.status >= httpx.codes.BAD_REQUEST:
            assert json.loads(message.body)["error"].keys() == {"message", "type", "param", "code"}, message


def check_frames(data: bytes) -> None:
    rest = take_frames(data)
    assert len(rest) < 1 << 14
    assert HASH not in data
    assert KEY not in data


def check_seen(message: Message) -> None:
    """What the engine got: from the one client that may come, without a trace of its key or of our own headers."""
    names = {name.lower() for name, _ in message.fields}
    assert message.of(b"x-client-id") == [b"team/alice"], (SEED, message)
    assert not names & OURS, (SEED, message)
    assert SPOOFED_ADDRESS not in message.of(ADDRESS), (SEED, message)
    assert not any(KEY in value or HASH in value for _, value in message.fields), (SEED, message)
    assert SMUGGLED not in message.start, (SEED, message)
    assert re.match(rb"[A-Z-]+ /v1[/? ]", message.start), (SEED, message)


async def is_served(gateway: Gateway) -> bool:
    async with gateway.client(host_of("warm"), KEY.decode()) as client:
        return (await client.post(CHAT, json={})).status_code == httpx.codes.OK


async def is_quiet(gateway: Gateway) -> bool:
    """Whether no connection and no request is left."""
    stats = await read_admin(gateway, "/stats?filter=http.requests.downstream_(cx|rq)_active")
    return all(line.endswith(": 0") for line in stats.splitlines())


async def read_allocated(gateway: Gateway) -> int:
    return int(json.loads(await read_admin(gateway, "/memory"))["allocated"])


async def read_admin(gateway: Gateway, path: str) -> str:
    async with gateway.client("admin") as client:
        return (await client.get(f"http://127.0.0.1:{gateway.admin_port}{path}")).text
