"""The work queue: what comes out, when, and how often."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from inferops.reconcile import queue as module
from inferops.reconcile.queue import Key, Queue
from tests.support.eventually import eventually

Handle = Callable[[Key], Awaitable[None]]
ONE, TWO = Key("InferenceInstance", "default", "one"), Key("InferenceInstance", "default", "two")


@pytest.fixture
def queue() -> Queue:
    return Queue(random.Random(1))  # noqa: S311 - the same jitter in each run


async def take(queue: Queue, within: float = 1.0) -> Key:
    async with asyncio.timeout(within):
        return await queue.get()


async def assert_nothing_ready(queue: Queue) -> None:
    with pytest.raises(TimeoutError):
        await take(queue, 0.02)


async def test_a_key_added_twice_comes_out_once(queue: Queue) -> None:
    queue.add(ONE)
    queue.add(ONE)
    assert len(queue) == 1
    assert await take(queue) == ONE
    await assert_nothing_ready(queue)


async def test_keys_come_out_in_the_order_they_came_in(queue: Queue) -> None:
    queue.add(ONE)
    queue.add(TWO)
    assert [await take(queue), await take(queue)] == [ONE, TWO]


async def test_a_key_that_is_worked_on_waits_until_it_is_done(queue: Queue) -> None:
    queue.add(ONE)
    key = await take(queue)
    queue.add(ONE)
    await assert_nothing_ready(queue)
    queue.done(key)
    assert await take(queue) == ONE


async def test_a_delayed_key_comes_out_in_its_time_and_the_earliest_wish_counts(queue: Queue) -> None:
    queue.add(ONE, after=60)
    queue.add(ONE, after=0.03)
    queue.add(ONE, after=60)
    await assert_nothing_ready(queue)
    assert await take(queue) == ONE
    assert queue.delayed == 0


async def test_working_on_a_key_forgets_that_it_wanted_to_run_later(queue: Queue) -> None:
    queue.add(ONE, after=0.05)
    queue.add(ONE)
    queue.done(await take(queue))
    await asyncio.sleep(0.06)
    await assert_nothing_ready(queue)


async def test_a_waiting_getter_hears_of_an_earlier_time(queue: Queue) -> None:
    queue.add(TWO, after=60)
    getter = asyncio.create_task(take(queue))
    await asyncio.sleep(0)
    queue.add(ONE, after=0.01)
    assert await getter == ONE


async def test_done_may_ask_for_another_run(queue: Queue) -> None:
    queue.add(ONE)
    queue.done(await take(queue), after=0.01)
    assert await take(queue) == ONE


async def test_failures_double_the_pause_up_to_a_limit_and_success_resets_it(queue: Queue) -> None:
    pauses = []
    for _ in range(30):
        queue.add(ONE)
        pauses.append(queue.failed(await take(queue)))
    for pause, expected in zip(pauses, [0.25, 0.5, 1.0, 2.0], strict=False):
        assert 0.75 * expected <= pause <= 1.25 * expected
    assert max(pauses) <= 1.25 * module.LONGEST_DELAY
    assert len(set(pauses[-5:])) == 5, "no jitter"
    queue.add(ONE)
    queue.done(await take(queue))
    queue.add(ONE)
    assert queue.failed(await take(queue)) < 0.4


async def test_workers_never_work_on_one_key_at_the_same_time_and_lose_none(queue: Queue) -> None:
    keys = [Key("Registry", "default", str(number)) for number in range(20)]
    active: set[Key] = set()
    overlaps: list[Key] = []
    seen: dict[Key, int] = dict.fromkeys(keys, 0)

    async def handle(key: Key) -> None:
        overlaps.extend({key} & active)
        active.add(key)
        await asyncio.sleep(0.001)
        active.discard(key)
        seen[key] += 1

    await run_workers(queue, handle, lambda: all(seen.values()), [key for _ in range(5) for key in keys])
    assert not overlaps


async def test_a_handler_that_raises_is_called_again(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_DELAY", 0.001)
    calls = []

    async def handle(key: Key) -> None:
        calls.append(key)
        if len(calls) < 3:
            raise ValueError("not yet")

    await run_workers(queue, handle, lambda: len(calls) == 3, [ONE])


async def test_a_cancelled_worker_leaves_its_key_to_the_next(queue: Queue) -> None:
    begun = asyncio.Event()

    async def hang(_: Key) -> None:
        begun.set()
        await asyncio.Event().wait()

    queue.add(ONE)
    worker = asyncio.create_task(queue.work(hang))
    await begun.wait()
    worker.cancel()
    await asyncio.wait([worker])
    assert await take(queue) == ONE


async def run_workers(queue: Queue, handle: Handle, enough: Callable[[], bool], keys: list[Key]) -> None:
    workers = [asyncio.create_task(queue.work(handle)) for _ in range(4)]
    try:
        for key in keys:
            queue.add(key)
            await asyncio.sleep(0)
        await eventually(enough, within=5, interval=0.002)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def test_it_knows_how_long_the_oldest_key_waits() -> None:
    queue = Queue()
    assert queue.oldest == 0
    queue.add(ONE)
    await asyncio.sleep(0.05)
    queue.add(TWO)
    assert queue.oldest >= 0.05
    await queue.get()
    assert queue.oldest < 0.05
