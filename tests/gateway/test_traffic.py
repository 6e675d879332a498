"""What passes between client and engine, unchanged and without delay."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from openai.types.chat import ChatCompletionMessageParam

from inferops.gateway.resources import ENDPOINTS
from inferops.gateway.routes import Route
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ALICE, BOB, endpoint_slice, instance
from tests.support.eventually import PATIENCE, eventually
from tests.support.ports import find_free_ports

WARM = host_of("warm")
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]
MIB = 1 << 20


@pytest.mark.parametrize("host", [WARM, SHARED])
async def test_a_stream_arrives_piece_by_piece(gateway: Gateway, host: str) -> None:
    async with gateway.openai(host, ALICE) as client:
        stream = await client.chat.completions.create(
            model="Tiny/Chat-1", messages=HELLO, stream=True, extra_body={"chunks": 5, "pause": 0.2}
        )
        times = [time.monotonic() async for _ in stream]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(times) == 5
    assert all(0.02 < gap < 0.4 * PATIENCE for gap in gaps), gaps


async def test_every_route_and_method_of_the_engine_passes(gateway: Gateway, engine: Engine) -> None:
    asked = (
        ("POST", "/v1/responses"),
        ("POST", "/v1/embeddings"),
        ("POST", "/v1/rerank"),
        ("POST", "/v1/images/generations"),
        ("POST", "/v1/audio/speech"),
        ("GET", "/v1/models?limit=2&after=x%20y"),
        ("DELETE", "/v1/responses/resp_1"),
        ("POST", "/v1/an/unknown/route"),
    )
    async with gateway.client(WARM, ALICE) as client:
        for method, path in asked:
            assert (await client.request(method, path)).status_code == 200
    assert [(seen["method"], seen["path"]) for seen in engine.seen] == list(asked)


async def test_a_transcription_passes_by_the_openai_client(gateway: Gateway, engine: Engine) -> None:
    speech = ("speech.wav", b"RIFF" + b"\0" * MIB, "audio/wav")
    for host in (WARM, SHARED):
        async with gateway.openai(host, ALICE) as client:
            answer = await client.audio.transcriptions.create(model="Tiny/Chat-1", file=speech)
        assert answer.text == "hello"
        assert engine.seen[-1]["size"] > MIB


def sized(size: int) -> AsyncIterator[bytes]:
    """A body of unknown length."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size // 65536):
            yield b"\0" * 65536

    return chunks()


async def test_a_body_has_the_size_that_the_instance_allows(gateway: Gateway) -> None:
    """32 MiB by default, 26 MiB on audio routes, and what the instance says. A client that first sends all it has still
    reads why it was refused.
    """
    gateway.put(instance("locked", model="locked", auth="None", limits={"maxRequestBytes": "1Mi"}))
    cases = (
        (WARM, CHAT, 31, 200),
        (WARM, CHAT, 33, 413),
        (SHARED, CHAT, 80, 413),
        (WARM, "/v1/audio/transcriptions", 25, 200),
        (WARM, "/v1/audio/transcriptions", 27, 413),
        (host_of("locked"), CHAT, 2, 413),
        (host_of("locked"), "/v1/audio/transcriptions", 2, 413),
    )
    await eventually(lambda: [r for r in routes(gateway) if r.limits.request_bytes == MIB and r.clients is None])
    for host, path, size, expected in cases:
        async with gateway.client(host, ALICE) as client:
            answer = await client.post(path, content=b"\0" * (size * MIB))
            assert answer.status_code == expected, (host, path, size)
            if host != SHARED:
                chunked = await client.post(path, content=sized(size * MIB))
                assert chunked.status_code == expected, (host, path, size, "chunked")
    assert answer.json()["error"]["code"] == "request_too_large"
    assert "file too large" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", [CHAT, path_of("warm")])
async def test_a_body_of_gigabytes_is_refused_before_it_comes(gateway: Gateway, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    head = f"POST {path} HTTP/1.1\r\nhost: {WARM}\r\nx-api-key: {ALICE}\r\ncontent-length: {2048 * MIB}\r\n\r\n"
    writer.write(head.encode())
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 2 * PATIENCE)
    writer.close()
    await writer.wait_closed()


async def test_a_model_of_the_shared_host_has_its_own_size(gateway: Gateway) -> None:
    gateway.put(instance("locked", model="locked", auth="None", limits={"maxRequestBytes": "1Mi"}))
    await eventually(lambda: [r for r in routes(gateway) if r.limits.request_bytes == MIB and r.clients is None])
    async with gateway.client(SHARED, BOB) as client:

        async def status(size: int) -> int:
            body = {"model": "locked", "padding": "x" * size}
            return (await client.post(CHAT, json=body)).status_code

        async def fits() -> bool:
            return await status(1000) == 200

        await eventually(fits)
        assert await status(2 * MIB) == 413


def routes(gateway: Gateway) -> list[Route]:
    return list(gateway.plane.publisher.routes.values())


async def test_an_engine_that_is_too_slow_is_a_504(gateway: Gateway) -> None:
    gateway.put(instance("warm", apiKeys=["alice"], limits={"requestTimeout": 1}))
    await eventually(lambda: [r for r in routes(gateway) if r.limits.timeout == 1])

    async def slow() -> httpx.Response:
        async with gateway.client(WARM, ALICE) as client:
            return await client.post(CHAT, json={"delay": 3})

    answer = await eventually(slow)
    assert answer.status_code == 504
    assert answer.json()["error"]["code"] == "timeout"


async def test_a_replica_that_refuses_is_passed_over(gateway: Gateway, engine: Engine) -> None:
    """The slice still says ready: the pod died a moment ago."""
    async with Engine("second", "127.0.0.2", engine.port) as second:
        dead = ("127.0.0.3", second.port, True)
        gateway.put(endpoint_slice("warm", (engine.address, engine.port, True), dead))
        async with gateway.client(WARM, ALICE) as client:
            answers = [await client.post(CHAT, json={}) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}


async def test_a_replica_that_is_away_is_waited_for(gateway: Gateway) -> None:
    """It comes back at the same address before anybody noticed."""
    port = find_free_ports(1)[0]
    gateway.put(endpoint_slice("warm", ("127.0.0.1", port, True)))

    async def knows(client: httpx.AsyncClient) -> bool:
        return f"127.0.0.1:{port}::" in (await client.get(f"http://127.0.0.1:{gateway.admin_port}/clusters")).text

    async with gateway.client(WARM, ALICE) as client:
        await eventually(lambda: knows(client))
        waiting = asyncio.create_task(client.post(CHAT, json={}))
        await asyncio.sleep(1)
        async with Engine("late", "127.0.0.1", port):
            assert (await waiting).json()["engine"] == "late"


async def test_a_broken_stream_is_broken_for_the_client_too(gateway: Gateway, engine: Engine) -> None:
    async with gateway.client(WARM, ALICE) as client:
        body = {"stream": True, "chunks": 50, "pause": 0.1}
        async with client.stream("POST", CHAT, json=body) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            await engine.__aexit__()
            with pytest.raises(httpx.RemoteProtocolError):
                [line async for line in lines]


async def test_a_client_that_leaves_ends_the_engines_work(gateway: Gateway, engine: Engine) -> None:
    async with gateway.client(WARM, ALICE) as client:
        body = {"stream": True, "chunks": 500, "pause": 0.1}
        async with client.stream("POST", CHAT, json=body) as stream:
            await anext(stream.aiter_lines())
    await eventually(lambda: engine.left == 1)


async def test_turns_of_a_conversation_reach_one_replica_with_prefix_hash(gateway: Gateway, engine: Engine) -> None:
    gateway.put(instance("warm", apiKeys=["alice"], loadBalancing="PrefixHash"))
    async with Engine("a", "127.0.0.2", engine.port) as a, Engine("b", "127.0.0.3", engine.port) as b:
        gateway.put(endpoint_slice("warm", *((each.address, each.port, True) for each in (engine, a, b))))
        (warm,) = await eventually(lambda: [r for r in routes(gateway) if len(r.endpoints) == 3])
        await gateway.plane.snapshot.acknowledged(ENDPOINTS, [warm.id])
        reached = []
        for host in (WARM, SHARED):
            async with gateway.client(host, ALICE) as client:
                for topic in range(30):
                    messages = [{"role": "system", "content": "be kind"}, {"role": "user", "content": f"topic {topic}"}]
                    replicas = set()
                    for turn in range(3):
                        answer = await client.post(CHAT, json={"model": "Tiny/Chat-1", "messages": messages})
                        replicas.add(answer.json()["engine"])
                        messages += [{"role": "assistant", "content": "well"}, {"role": "user", "content": f"{turn}?"}]
                    reached.append(replicas)
    assert all(len(replicas) == 1 for replicas in reached), reached
    assert reached[:30] == reached[30:]
    assert len(set.union(*reached)) == 3


async def test_streams_of_many_clients_run_side_by_side(gateway: Gateway) -> None:
    async with gateway.client(WARM, ALICE) as client:

        async def stream() -> int:
            body = {"stream": True, "chunks": 10, "pause": 0.05}
            async with client.stream("POST", CHAT, json=body) as answer:
                return len([line async for line in answer.aiter_lines() if line.startswith("data: {")])

        assert set(await asyncio.gather(*(stream() for _ in range(100)))) == {10}


async def test_the_openai_client_gets_through_a_cold_start(gateway: Gateway, engine: Engine) -> None:
    async with gateway.openai(host_of("cold"), ALICE, max_retries=2) as client:
        waiting = asyncio.create_task(client.chat.completions.create(model="sleepy", messages=HELLO, stream=True))
        await asyncio.sleep(0.5)
        gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
        stream = await waiting
        assert len([chunk async for chunk in stream]) == 5
