"""What is tried again where a replica ends, breaks or is away, and what never is."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from inferops.names import instance_id
from tests.gateway.conftest import fixture
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, NAMESPACE, endpoint_slice, instance
from tests.support.eventually import eventually

WARM = host_of("warm")


@fixture
async def second(engine: Engine) -> AsyncIterator[Engine]:
    async with Engine("second", "127.0.0.2", engine.port) as second:
        yield second


async def ask(gateway: Gateway, **body: object) -> httpx.Response:
    async with gateway.client(WARM, ALICE) as client:
        return await client.post(CHAT, json=body)


async def serve_by(gateway: Gateway, *engines: Engine) -> None:
    """All are replicas of the instance, and each has answered."""
    gateway.put(endpoint_slice("warm", *((engine.address, engine.port, True) for engine in engines)))

    async def all_answered() -> bool:
        await ask(gateway)
        return all(engine.seen for engine in engines)

    await eventually(all_answered)
    for engine in engines:
        engine.seen.clear()


async def test_a_request_that_breaks_a_replica_is_sent_once_more(
    gateway: Gateway, engine: Engine, second: Engine
) -> None:
    await serve_by(gateway, engine, second)
    engine.breaking = True
    answers = [await ask(gateway) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["engine"] for answer in answers} == {"second"}


@pytest.mark.parametrize("many", [{f"x-{n}": "y" for n in range(85)}, {f"x-{n}": "y" * 7_750 for n in range(8)}])
async def test_headers_that_a_replica_takes_the_second_one_gets(
    gateway: Gateway, engine: Engine, second: Engine, many: dict[str, str]
) -> None:
    await serve_by(gateway, engine, second)
    engine.breaking = True
    async with gateway.client(WARM, ALICE, **many) as client:
        assert {(await client.post(CHAT, json={})).status_code for _ in range(10)} == {200}


async def test_a_request_that_breaks_every_replica_breaks_two(gateway: Gateway, engine: Engine, second: Engine) -> None:
    async with Engine("third", "127.0.0.3", engine.port) as third:
        engines = (engine, second, third)
        await serve_by(gateway, *engines)
        for each in engines:
            each.breaking = True
        answer = await ask(gateway)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "service_unavailable"
    assert sum(len(each.seen) for each in engines) == 2


async def test_a_request_that_must_not_run_twice_breaks_one(gateway: Gateway, engine: Engine) -> None:
    gateway.put(instance("warm", apiKeys=["alice"], resend=False))
    await eventually(lambda: any(not route.resend for route in gateway.plane.publisher.routes.values()))

    async def answered() -> bool:
        return (await ask(gateway)).status_code == 200

    await eventually(answered)
    await asyncio.sleep(0.2)
    engine.breaking = True
    before = len(engine.seen)
    assert (await ask(gateway)).status_code == 503
    assert len(engine.seen) == before + 1


async def test_an_upload_that_was_broken_off_arrives_whole_at_the_next_replica(
    gateway: Gateway, engine: Engine, second: Engine
) -> None:
    await serve_by(gateway, engine, second)
    engine.breaking = True
    size = 20 << 20
    async with gateway.client(WARM, ALICE) as client:
        for _ in range(3):
            assert (await client.post("/v1/files", content=b"\0" * size)).status_code == 200
    assert {seen["size"] for seen in second.seen} == {size}


@pytest.mark.parametrize("resend", [True, False])
async def test_a_request_goes_elsewhere_where_a_replica_shuts_down(
    gateway: Gateway, engine: Engine, second: Engine, *, resend: bool
) -> None:
    gateway.put(instance("warm", apiKeys=["alice"], resend=resend))
    await serve_by(gateway, engine, second)
    engine.shutting_down = True
    answers = [await ask(gateway) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}


async def test_an_error_of_an_engine_is_not_asked_for_twice(gateway: Gateway, engine: Engine) -> None:
    for status in (500, 502, 503, 504):
        answer = await ask(gateway, status=status)
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == "engine_code"
        assert "x-elsewhere" not in answer.headers
    assert len(engine.seen) == 4


async def test_an_answer_that_has_begun_is_not_begun_again(gateway: Gateway, engine: Engine, second: Engine) -> None:
    await serve_by(gateway, engine, second)
    body = {"stream": True, "chunks": 50, "pause": 0.1}
    async with gateway.client(WARM, ALICE) as client, client.stream("POST", CHAT, json=body) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        asked = engine if engine.seen else second
        await asked.__aexit__()
        with pytest.raises(httpx.RemoteProtocolError):
            [line async for line in lines]
    assert len(engine.seen) + len(second.seen) == 1


async def test_requests_in_flight_survive_the_loss_of_the_only_replica(gateway: Gateway, engine: Engine) -> None:
    """It breaks, is away, and comes back, and nobody is told of it."""
    waiting = [asyncio.create_task(ask(gateway, delay=0.5)) for _ in range(50)]
    await eventually(lambda: engine.open == 50)
    await engine.__aexit__()
    late = [asyncio.create_task(ask(gateway)) for _ in range(20)]
    await asyncio.sleep(1.5)
    async with Engine("again", engine.address, engine.port):
        answers = await asyncio.gather(*waiting, *late)
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["engine"] for answer in answers} == {"again"}


async def test_a_client_cannot_ask_for_other_retries_or_times(gateway: Gateway, engine: Engine) -> None:
    """Envoy obeys such headers of clients that it trusts."""
    asked = {"x-envoy-retry-on": "5xx", "x-envoy-max-retries": "5", "x-envoy-upstream-rq-timeout-ms": "50"}
    async with gateway.client(WARM, ALICE, **asked) as client:
        assert (await client.post(CHAT, json={"status": 500})).status_code == 500
        assert len(engine.seen) == 1
        assert (await client.post(CHAT, json={"delay": 0.5})).status_code == 200
        headers = {name.lower() for name in engine.seen[-1]["headers"]}
    assert not headers & asked.keys()


async def test_the_name_of_another_instance_leads_nowhere_else(gateway: Gateway, engine: Engine) -> None:
    """The second delivery goes by a header that the gateway sets itself."""
    engine.shutting_down = True
    async with gateway.client(WARM, ALICE, **{"x-instance": instance_id(NAMESPACE, "locked")}) as client:
        waiting = asyncio.create_task(client.post(CHAT, json={}))
        await eventually(lambda: len(engine.seen) > 1)
        engine.shutting_down = False
        assert (await waiting).status_code == 200
    assert {seen["headers"].get("x-instance") for seen in engine.seen} <= {None, instance_id(NAMESPACE, "warm")}
