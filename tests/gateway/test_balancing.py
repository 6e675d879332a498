"""Which replica gets a request."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx

from tests.gateway.conftest import fixture
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, endpoint_slice, instance
from tests.support.eventually import PATIENCE, eventually

WARM = host_of("warm")


@fixture
async def engines(gateway: Gateway, engine: Engine) -> AsyncIterator[list[Engine]]:
    """Three replicas of `warm`; each has answered."""
    async with AsyncExitStack() as stack:
        more = [Engine(name, f"127.0.0.{host}", engine.port) for host, name in ((2, "second"), (3, "third"))]
        engines = [engine, *[await stack.enter_async_context(each) for each in more]]
        gateway.put(endpoint_slice("warm", *((each.address, each.port, True) for each in engines)))

        async def all_answered() -> bool:
            await ask(gateway)
            return all(each.seen for each in engines)

        await eventually(all_answered)
        yield engines


async def ask(gateway: Gateway, **body: object) -> httpx.Response:
    async with gateway.client(WARM, ALICE) as client:
        return await client.post(CHAT, json=body)


async def count(gateway: Gateway, requests: int, **body: object) -> Counter[str]:
    """By engine, or by status where there is no answer."""
    answers = [await ask(gateway, **body) for _ in range(requests)]
    return Counter(
        answer.json()["engine"] if answer.status_code == 200 else str(answer.status_code) for answer in answers
    )


async def fill(gateway: Gateway, engines: list[Engine], count: int, tasks: asyncio.TaskGroup, **body: object) -> None:
    """So many requests open at once, begun one after the other."""
    for number in range(count):
        tasks.create_task(ask(gateway, delay=3, **body))
        await eventually(lambda: sum(each.open for each in engines) > number, interval=0.005)  # noqa: B023


async def test_a_busy_replica_gets_less(gateway: Gateway, engines: list[Engine]) -> None:
    async with asyncio.TaskGroup() as open_requests:
        await fill(gateway, engines, 12, open_requests)
        assert max(each.open for each in engines) <= 6


async def test_a_replica_that_is_gone_costs_one_try_and_is_left_out(gateway: Gateway, engines: list[Engine]) -> None:
    await engines[0].__aexit__()
    await count(gateway, 10)
    await asyncio.sleep(0.1)
    begun = time.monotonic()
    counted = await count(gateway, 40)
    assert counted.keys() == {"second", "third"}
    assert time.monotonic() - begun < 1.5 * PATIENCE


async def test_replicas_that_are_all_gone_are_waited_for(gateway: Gateway, engines: list[Engine]) -> None:
    """Left out or not: the last ones are never left out, and nobody hears of it."""
    for each in engines:
        await each.__aexit__()
    waiting = [asyncio.create_task(ask(gateway)) for _ in range(20)]
    await asyncio.sleep(1)
    assert not any(task.done() for task in waiting)
    async with Engine("back", engines[2].address, engines[2].port):
        answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {200}


async def test_one_that_was_left_out_is_asked_where_no_other_may_be(gateway: Gateway, engines: list[Engine]) -> None:
    first, *others = engines
    first.breaking = True
    await count(gateway, 10)
    first.breaking = False
    gateway.put(endpoint_slice("warm", *((each.address, each.port, each is first) for each in engines)))
    statuses = {(await ask(gateway)).status_code for _ in range(30)}
    assert statuses == {200}
    for each in others:
        each.seen.clear()

    async def only_first() -> bool:
        return (await count(gateway, 5)).keys() == {"first"}

    await eventually(only_first)


async def test_changes_of_readiness_take_effect_at_once_however_often(gateway: Gateway, engines: list[Engine]) -> None:
    """Envoy would gather those of a second."""
    for turn in range(6):
        chosen = engines[turn % 3]
        gateway.put(endpoint_slice("warm", *((each.address, each.port, each is chosen) for each in engines)))
        begun = time.monotonic()
        while (await ask(gateway)).json()["engine"] != chosen.name:
            assert time.monotonic() - begun < 0.5 * PATIENCE
        assert (await count(gateway, 3)).keys() == {chosen.name}


async def test_a_prompt_that_many_ask_spreads_over_several_replicas(gateway: Gateway, engines: list[Engine]) -> None:
    gateway.put(instance("warm", apiKeys=["alice"], loadBalancing="PrefixHash"))
    messages = [{"role": "system", "content": "the same for all"}, {"role": "user", "content": "hello"}]

    async def sticks() -> bool:
        return len(await count(gateway, 12, messages=messages)) == 1

    await eventually(sticks)
    for each in engines:
        each.seen.clear()
    async with asyncio.TaskGroup() as open_requests:
        await fill(gateway, engines, 24, open_requests, messages=messages)
        assert max(each.open for each in engines) <= 12


async def test_few_conversations_move_where_a_replica_is_added(gateway: Gateway, engines: list[Engine]) -> None:
    first, second, third = engines
    gateway.put(
        instance("warm", apiKeys=["alice"], loadBalancing="PrefixHash"),
        endpoint_slice("warm", *((each.address, each.port, True) for each in (first, second))),
    )

    async def places() -> list[str]:
        messages = [[{"role": "user", "content": f"topic {topic}"}] for topic in range(60)]
        return [(await ask(gateway, messages=each)).json()["engine"] for each in messages]

    async def settled() -> bool:
        return third.name not in await places() and await places() == await places()

    await eventually(settled, within=20)
    before = await places()
    gateway.put(endpoint_slice("warm", *((each.address, each.port, True) for each in engines)))

    async def added() -> bool:
        return third.name in await places()

    await eventually(added)
    moved = [new for old, new in zip(before, await places(), strict=True) if old != new]
    assert 5 < moved.count(third.name) < 35
    assert len(moved) - moved.count(third.name) < 12, moved  # the ring has fewer places for each than before
