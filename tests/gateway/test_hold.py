"""Requests to instances without a ready replica wait, and none is lost."""

import asyncio
import time

import httpx
import pytest
from openai.types.chat import ChatCompletionMessageParam

from inferops.metering.record import parse_record
from inferops.names import instance_id
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ALICE, NAMESPACE, endpoint_slice, instance
from tests.support.eventually import PATIENCE, eventually

COLD, WARM = host_of("cold"), host_of("warm")
Form = dict[str, tuple[str | None, bytes]]
COLD_ID = instance_id(NAMESPACE, "cold")
BODY = {"model": "sleepy"}
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]


def held(gateway: Gateway, name: str = "cold") -> int:
    return gateway.plane.activator.gates[instance_id(NAMESPACE, name)].held


async def ask(gateway: Gateway, host: str = COLD, path: str = CHAT, **body: object) -> httpx.Response:
    async with gateway.client(host, ALICE) as client:
        return await client.post(path, json={**BODY, **body})


async def test_a_request_waits_for_a_replica_on_every_way_in(gateway: Gateway, engine: Engine) -> None:
    ways = ((COLD, CHAT), (SHARED, CHAT), (SHARED, path_of("cold")))
    waiting = [asyncio.create_task(ask(gateway, host, path)) for host, path in ways]
    await eventually(lambda: held(gateway) == len(ways))
    assert gateway.plane.activity.of(COLD_ID).held == len(ways)
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
    answers = await asyncio.gather(*waiting)
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert held(gateway) == 0


async def test_a_replica_that_is_not_ready_is_not_asked(gateway: Gateway, engine: Engine) -> None:
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, False)))
    waiting = asyncio.create_task(ask(gateway))
    await eventually(lambda: held(gateway) == 1)
    await asyncio.sleep(0.3)
    assert engine.seen == []
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
    assert (await waiting).status_code == 200


async def test_an_upload_waits_in_the_client_and_arrives_whole(gateway: Gateway, engine: Engine) -> None:
    size = 25 << 20

    async def upload() -> httpx.Response:
        async with gateway.client(COLD, ALICE) as client:
            files: Form = {"file": ("speech.wav", b"\0" * size), "model": (None, b"sleepy")}
            return await client.post("/v1/audio/transcriptions", files=files)

    waiting = asyncio.create_task(upload())
    await eventually(lambda: held(gateway) == 1)
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
    assert (await waiting).status_code == 200
    assert engine.seen[-1]["size"] > size


async def test_waiting_outlasts_the_patience_of_the_listener(idle_gateway: Gateway, engine: Engine) -> None:
    """300 s in the bootstrap, one here. Routes to engines have their own, also where the first look finds none."""
    bootstrap = idle_gateway.bootstrap().replace("stream_idle_timeout: 300s", "stream_idle_timeout: 1s")
    async with idle_gateway.control(), idle_gateway.envoy(bootstrap=bootstrap):
        ways = ((COLD, CHAT), (SHARED, CHAT), (SHARED, path_of("cold")))
        waiting = [asyncio.create_task(ask(idle_gateway, host, path)) for host, path in ways]
        await asyncio.sleep(2.5)
        idle_gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200, 200]
        slow = await asyncio.gather(*(ask(idle_gateway, host, path, delay=2.5) for host, path in ways))
        assert [answer.status_code for answer in slow] == [200, 200, 200]


async def test_waiting_outlasts_the_pings_that_look_whether_control_is_there(idle_gateway: Gateway) -> None:
    """Every 5 s in the bootstrap, 0.2 here: a gRPC server hangs up at the fourth, if it is not told otherwise."""
    usual = idle_gateway.bootstrap()
    bootstrap = usual.replace(
        "connection_keepalive:\n              interval: 5s", "connection_keepalive:\n              interval: 0.2s"
    )
    assert bootstrap != usual
    async with idle_gateway.control(), idle_gateway.envoy(bootstrap=bootstrap):
        began = time.monotonic()
        async with idle_gateway.client(COLD, ALICE, prefer="wait=2") as client:
            answer = await client.post(CHAT, json=BODY)
        assert answer.json()["error"]["code"] == "instance_not_ready"
        assert 1.9 < time.monotonic() - began < 3 * PATIENCE


async def test_a_client_that_leaves_is_forgotten(gateway: Gateway, engine: Engine) -> None:
    waiting = asyncio.create_task(ask(gateway))
    await eventually(lambda: held(gateway) == 1)
    waiting.cancel()
    await eventually(lambda: held(gateway) == 0, within=2)
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
    assert (await ask(gateway)).status_code == 200
    assert len(engine.seen) == 1


async def test_waiting_has_its_bounds(gateway: Gateway) -> None:
    gateway.put(instance("cold", model="sleepy", apiKeys=["alice"], limits={"holdTimeout": 1, "maxHeldRequests": 2}))
    await eventually(lambda: gateway.plane.activator.gates[COLD_ID].held_requests == 2)
    waiting = [asyncio.create_task(ask(gateway)) for _ in range(2)]
    await eventually(lambda: held(gateway) == 2)
    begun = time.monotonic()
    refused = await ask(gateway)
    assert refused.status_code == 503
    assert time.monotonic() - begun < 0.5 * PATIENCE
    assert "Too many requests" in refused.json()["error"]["message"]
    for answer in await asyncio.gather(*waiting):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
        assert answer.json()["error"] == {
            "message": "The instance did not start in time. Retry later.",
            "type": "server_error",
            "param": None,
            "code": "instance_not_ready",
        }


async def test_who_waited_in_vain_for_a_node_is_told_so(gateway: Gateway) -> None:
    cold = instance("cold", model="sleepy", apiKeys=["alice"], limits={"holdTimeout": 1})
    unplaced = {"type": "Available", "status": "False", "reason": "Unschedulable", "message": "No node has room."}
    gateway.put(cold | {"status": {"conditions": [unplaced]}})
    await eventually(lambda: gateway.plane.world.is_cramped(COLD_ID))
    await eventually(lambda: gateway.plane.activator.gates[COLD_ID].hold_timeout == 1)
    answer = await ask(gateway)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    said = "The instance did not start in time: no node has room for it now. Retry later."
    assert answer.json()["error"]["message"] == said


@pytest.mark.parametrize("prefer", ["wait=1", "respond-async, Wait=1", 'return=minimal; wait = "1"'])
async def test_a_client_says_how_long_it_waits(gateway: Gateway, prefer: str) -> None:
    begun = time.monotonic()
    async with gateway.client(COLD, ALICE, prefer=prefer) as client:
        answer = await client.post(CHAT, json=BODY)
    assert 0.9 < time.monotonic() - begun < 3 * PATIENCE
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_the_openai_client_comes_back_until_the_instance_is_there(gateway: Gateway, engine: Engine) -> None:
    """For those behind a proxy that ends silent connections: each wait is shorter than its patience."""
    headers = {"prefer": "wait=1"}
    async with gateway.openai(COLD, ALICE, max_retries=10) as client:
        call = client.chat.completions.create(model="sleepy", messages=HELLO, extra_headers=headers)
        waiting = asyncio.create_task(call)
        await asyncio.sleep(2.5)
        gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
        assert (await waiting).choices[0].message.content == "hello from first"
    assert len(engine.seen) == 1


async def test_stopping_an_instance_sends_away_who_waits(gateway: Gateway) -> None:
    waiting = asyncio.create_task(ask(gateway))
    await eventually(lambda: held(gateway) == 1)
    gateway.put(instance("cold", model="sleepy", apiKeys=["alice"], stopped=True))
    answer = await waiting
    assert answer.status_code == 503
    assert "stopped" in answer.json()["error"]["message"]


async def test_deleting_an_instance_sends_away_who_waits(gateway: Gateway) -> None:
    waiting = asyncio.create_task(ask(gateway))
    await eventually(lambda: held(gateway) == 1)
    gateway.drop(instance("cold"))
    assert (await waiting).status_code == 503

    async def gone() -> bool:
        return (await ask(gateway)).status_code == 404

    await eventually(gone, within=2)


async def test_a_new_instance_answers_from_its_first_moment(gateway: Gateway, engine: Engine) -> None:
    """Between the first 404 and the first 200 there is nothing else, although clusters and routes travel apart."""
    for round_ in range(10):
        name = f"new-{round_}"
        gateway.put(instance(name, apiKeys=["alice"]), endpoint_slice(name, (engine.address, engine.port, True)))
        statuses = set()
        while 200 not in statuses:
            statuses.add((await ask(gateway, host_of(name))).status_code)
        assert statuses <= {404, 200}


async def test_no_request_is_lost_while_the_only_replica_is_replaced(gateway: Gateway, engine: Engine) -> None:
    """The endpoint goes and comes back five times under steady requests."""
    statuses: list[int] = []
    done = asyncio.Event()

    async def client() -> None:
        while not done.is_set():
            statuses.append((await ask(gateway, WARM)).status_code)

    clients = [asyncio.create_task(client()) for _ in range(8)]
    async with Engine("second", "127.0.0.2") as second:
        for turn in range(5):
            old, new = (engine, second) if turn % 2 == 0 else (second, engine)
            gateway.put(endpoint_slice("warm", (old.address, old.port, False)))
            await asyncio.sleep(0.3)
            gateway.put(endpoint_slice("warm", (new.address, new.port, True)))
            await asyncio.sleep(0.3)
        done.set()
        await asyncio.gather(*clients)
    assert len(statuses) > 50
    assert set(statuses) == {200}


async def test_no_request_is_lost_when_the_only_replica_is_killed_and_control_learns_late(
    gateway: Gateway, engine: Engine
) -> None:
    """Answers, streams and uploads; another replica is there three seconds later, at another address."""
    done = asyncio.Event()
    statuses: list[int] = []

    async def client(number: int) -> None:
        while not done.is_set():
            async with gateway.client(WARM, ALICE) as client:
                if number % 3 == 0:
                    answer = await client.post("/v1/files", content=b"\0" * (1 << 20))
                else:
                    body = {"delay": 0.2, **({"stream": True, "chunks": 1} if number % 3 == 1 else {})}
                    answer = await client.post(CHAT, json=body)
            statuses.append(answer.status_code)

    clients = [asyncio.create_task(client(number)) for number in range(12)]
    await eventually(lambda: len(statuses) > 30)
    await engine.__aexit__()
    await asyncio.sleep(1)
    gateway.put(endpoint_slice("warm"))
    await asyncio.sleep(2)
    async with Engine("second", "127.0.0.2") as second:
        gateway.put(endpoint_slice("warm", (second.address, second.port, True)))
        before = len(statuses)
        await eventually(lambda: len(statuses) > before + 30)
        done.set()
        await asyncio.gather(*clients)
    assert set(statuses) == {200}


async def test_a_draining_replica_finishes_its_stream_and_gets_nothing_new(gateway: Gateway, engine: Engine) -> None:
    async with Engine("second", "127.0.0.2", engine.port) as second, gateway.client(WARM, ALICE) as client:
        async with client.stream("POST", CHAT, json={"stream": True, "chunks": 9, "pause": 0.5}) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            draining, ready = (engine.address, engine.port, False), (second.address, second.port, True)
            gateway.put(endpoint_slice("warm", draining, ready))

            async def moved() -> bool:
                return bool((await ask(gateway, WARM)).json()["engine"] == "second")

            await eventually(moved)
            answers = [await ask(gateway, WARM) for _ in range(5)]
            assert {answer.json()["engine"] for answer in answers} == {"second"}
            warm = gateway.plane.activity.of(instance_id(NAMESPACE, "warm"))
            await eventually(lambda: [*warm.running.values()] == [{"here": 1}], within=5)
            assert [line async for line in lines][-2] == "data: [DONE]"
        await eventually(lambda: not warm.running, within=5)


@pytest.mark.parametrize("count", [1, 200])
async def test_release_follows_the_replica_within_a_moment(gateway: Gateway, engine: Engine, count: int) -> None:
    limits = {"holdTimeout": 30, "maxHeldRequests": 1000}
    gateway.put(instance("cold", model="sleepy", apiKeys=["alice"], limits=limits))
    await eventually(lambda: gateway.plane.activator.gates[COLD_ID].held_requests == 1000)
    waiting = [asyncio.create_task(ask(gateway)) for _ in range(count)]
    await eventually(lambda: held(gateway) == count)
    begun = time.monotonic()
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
    first = await next(asyncio.as_completed(waiting))
    took = time.monotonic() - begun
    answers = await asyncio.gather(*waiting)
    print(f"{count} held: first answer after {took * 1000:.0f} ms")
    assert first.status_code == 200
    assert {answer.status_code for answer in answers} == {200}
    assert took < 2 * PATIENCE


async def test_the_record_says_how_long_a_request_waited(gateway: Gateway, engine: Engine) -> None:
    waiting = asyncio.create_task(ask(gateway))
    leaving = asyncio.create_task(ask(gateway))
    await eventually(lambda: held(gateway) == 2)
    await asyncio.sleep(0.5)
    leaving.cancel()
    await eventually(lambda: held(gateway) == 1)
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
    assert (await waiting).status_code == 200
    assert (await ask(gateway, WARM)).status_code == 200
    await eventually(lambda: gateway.read_log().count("\n") == 3)
    records = [parse_record(line.encode()) for line in gateway.read_log().splitlines()]
    times = {(each.instance, each.status): each.held_ms for each in records}
    assert times.pop((instance_id(NAMESPACE, "warm"), 200)) is None
    assert [500 <= (each or 0) < 60_000 for each in times.values()] == [True, True], times
