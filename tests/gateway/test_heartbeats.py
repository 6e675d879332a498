"""Clients that ask for heartbeats hear them while they wait for a replica, and then the answer as it is."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from inferops.names import instance_id
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ALICE, NAMESPACE, api_key, instance
from tests.gateway.reader import ASK, BODY, COMMENT, Reader, held, wake
from tests.support.eventually import eventually

COLD, WARM = host_of("cold"), host_of("warm")


async def logged(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """The lines of the access log, once there are so many, and no more than these."""

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in gateway.read_log().splitlines()]
        return found if len(found) >= count else []

    await eventually(lines)
    await asyncio.sleep(0.3)
    assert len(lines()) == count
    return lines()


@pytest.mark.parametrize("way", [(COLD, CHAT), (SHARED, CHAT), (SHARED, path_of("cold"))])
async def test_who_asks_hears_comments_until_the_answer_comes(
    gateway: Gateway, engine: Engine, way: tuple[str, str]
) -> None:
    host, path = way
    reader = Reader()
    async with gateway.client(host, ALICE, **ASK) as client:
        task = asyncio.create_task(reader.ask(client, path))
        await eventually(lambda: reader.comments >= 2)
        assert held(gateway) == 1
        wake(gateway, engine)
        await task
    assert reader.status == 200
    assert reader.headers["content-type"] == "text/event-stream"
    assert reader.headers["preference-applied"] == "heartbeat"
    comments, _, events = reader.text.rpartition(COMMENT)
    assert comments == COMMENT * (reader.comments - 1), "first the comments, then the events"
    assert events.count("data: {") == 3
    assert events.endswith("data: [DONE]\n\n")
    (line,) = await logged(gateway, 1)
    assert (line["status"], line["details"], line["attempts"]) == (200, "via_upstream", 1)
    assert (line["instance"], line["client"]) == (instance_id(NAMESPACE, "cold"), "team/alice")
    assert line["id"] == reader.headers["x-request-id"]
    assert 2000 <= line["ttft_ms"] <= line["ms"]
    assert line["upstream"] == f"{engine.address}:{engine.port}"


async def test_the_engine_sees_what_it_sees_without(gateway: Gateway, engine: Engine) -> None:
    forwarded = {"x-forwarded-for": "203.0.113.7", "x-held-for": "1.2.3.4", "x-held-vhost": "h:x"}
    for more in ({"prefer": "heartbeat=5"}, {"prefer": "x=5"}):
        async with gateway.client(WARM, ALICE, **forwarded, **more) as client:
            await Reader().ask(client)
    with_heartbeats, without = ({key.lower(): value for key, value in seen["headers"].items()} for seen in engine.seen)
    for each in (with_heartbeats, without):
        del each["x-request-id"], each["prefer"]
    del without["x-held-for"], without["x-held-vhost"]
    assert with_heartbeats == without


@pytest.mark.parametrize("many", [{f"x-{n}": "y" for n in range(85)}, {f"x-{n}": "y" * 7_750 for n in range(8)}])
async def test_headers_that_others_may_send_may_be_sent(gateway: Gateway, many: dict[str, str]) -> None:
    for more in ({}, ASK):
        async with gateway.client(WARM, ALICE, **many, **more) as client:
            assert (await client.post(CHAT, json=BODY)).status_code == 200


async def test_who_waits_only_so_long_hears_so(gateway: Gateway) -> None:
    reader = Reader()
    async with gateway.client(COLD, ALICE, prefer="wait=2, heartbeat=1") as client:
        await reader.ask(client)
    assert reader.comments in {1, 2}
    assert "did not start in time" in reader.text


async def test_an_answer_before_the_first_heartbeat_passes_as_it_is(gateway: Gateway) -> None:
    for status in (400, 429, 500):
        async with gateway.client(WARM, ALICE, **ASK) as client:
            answer = await client.post(CHAT, json={**BODY, "status": status})
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == "engine_code"
    async with gateway.client(host_of("stopped"), ALICE, **ASK) as client:
        answer = await client.post(CHAT, json=BODY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "instance_stopped")
    assert answer.headers["x-should-retry"] == "false"
    assert [line["status"] for line in await logged(gateway, 4)] == [400, 429, 500, 503]


async def test_what_is_refused_before_the_wait_is_refused_as_ever(gateway: Gateway) -> None:
    for key, status in ((None, 401), ("sk-unknown", 401), ("sk-bob", 403)):
        async with gateway.client(COLD, key, **ASK) as client:
            answer = await client.post(CHAT, json=BODY)
        assert answer.status_code == status
    assert [line["status"] for line in await logged(gateway, 3)] == [401, 401, 403]


async def test_an_error_after_heartbeats_is_the_last_event(gateway: Gateway, engine: Engine) -> None:
    gateway.put(instance("cold", model="sleepy", apiKeys=["alice"], limits={"holdTimeout": 2}))
    reader = Reader()
    async with gateway.client(COLD, ALICE, **ASK) as client:
        await reader.ask(client)
    assert reader.comments
    event, done = [line for line in reader.text.splitlines() if line.startswith("data: ")]
    assert json.loads(event.removeprefix("data: "))["error"]["code"] == "instance_not_ready"
    assert done == "data: [DONE]"
    gateway.put(instance("cold", model="sleepy", apiKeys=["alice"]))
    late = Reader()
    async with gateway.client(COLD, ALICE, **ASK) as client:
        task = asyncio.create_task(late.ask(client, status=400))
        await eventually(lambda: late.comments)
        wake(gateway, engine)
        await task
    assert '"code": "engine_code"' in late.text
    assert [line["status"] for line in await logged(gateway, 2)] == [503, 400], "what it would have been"


async def test_comments_end_where_the_answer_begins(gateway: Gateway, engine: Engine) -> None:
    reader = Reader()
    async with gateway.client(COLD, ALICE, **ASK) as client:
        task = asyncio.create_task(reader.ask(client, chunks=3, pause=1.5))
        await eventually(lambda: reader.comments)
        wake(gateway, engine)
        await task
    assert COMMENT not in reader.text[reader.text.index("data: ") :]
    assert reader.text.endswith("data: [DONE]\n\n")


async def test_a_client_that_leaves_is_forgotten(gateway: Gateway, engine: Engine) -> None:
    async with gateway.client(COLD, ALICE, **ASK) as client:
        waiting, streaming = Reader(), Reader()
        task = asyncio.create_task(waiting.ask(client))
        await eventually(lambda: waiting.comments and held(gateway) == 1)
        task.cancel()
        await eventually(lambda: held(gateway) == 0)
        task = asyncio.create_task(streaming.ask(client, chunks=100))
        await eventually(lambda: streaming.comments)
        wake(gateway, engine)
        await eventually(lambda: "data: " in streaming.text)
        task.cancel()
        await eventually(lambda: engine.left == 1 and engine.open == 0)
    assert ["DC" in line["flags"] for line in await logged(gateway, 2)] == [True, True]


async def test_a_stream_that_breaks_breaks_for_its_client(gateway: Gateway) -> None:
    reader = Reader()
    async with gateway.client(COLD, ALICE, **ASK) as client:
        async with Engine("short", "127.0.0.9") as short:
            task = asyncio.create_task(reader.ask(client, chunks=100))
            await eventually(lambda: reader.comments)
            wake(gateway, short)
            await eventually(lambda: "data: " in reader.text)
        with pytest.raises(httpx.RemoteProtocolError):
            await task


async def test_others_wait_in_silence(gateway: Gateway, engine: Engine) -> None:
    cases: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({}, {}),
        ({"prefer": "wait=100"}, {}),
        ({"prefer": "heartbeat=soon"}, {}),
        (ASK, {"stream": False}),
        (ASK, {"messages": "x" * (2 << 20)}),
    ]
    readers = [Reader() for _ in cases]

    async def ask(reader: Reader, headers: dict[str, str], body: dict[str, Any]) -> None:
        async with gateway.client(COLD, ALICE, **headers) as client:
            await reader.ask(client, **body)

    tasks = [asyncio.create_task(ask(reader, *case)) for reader, case in zip(readers, cases, strict=True)]
    await eventually(lambda: held(gateway) == len(cases))
    await asyncio.sleep(1.5)
    wake(gateway, engine)
    await asyncio.gather(*tasks)
    assert [(reader.status, reader.comments) for reader in readers] == [(200, 0)] * len(cases)
    await logged(gateway, len(cases))


async def test_who_accepts_event_streams_need_not_say_it_in_the_body(gateway: Gateway, engine: Engine) -> None:
    reader = Reader()
    async with gateway.client(COLD, ALICE, accept="text/event-stream", **ASK) as client:
        task = asyncio.create_task(reader.ask(client, stream=False))
        await eventually(lambda: reader.comments)
        wake(gateway, engine)
        await task
    assert json.loads(reader.text.rpartition(COMMENT)[2].splitlines()[0].removeprefix("data: "))["engine"] == "first"


async def test_a_limit_counts_it_once(gateway: Gateway) -> None:
    gateway.put(api_key("alice", limits={"requestsPerMinute": 3}))
    await eventually(lambda: gateway.plane.limits.limits)
    await asyncio.sleep(0.3)
    readers = [Reader() for _ in range(4)]
    async with gateway.client(WARM, ALICE, **ASK) as client:
        for reader in readers:
            await reader.ask(client)
    assert [reader.status for reader in readers] == [200, 200, 200, 429]
    assert readers[0].headers["x-ratelimit-remaining-requests"] == "2"
