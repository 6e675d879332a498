"""The record of how late the event loop is."""

import asyncio
import time

from inferops.handlers.stall import INTERVAL, watch_stalls


async def test_a_loop_that_is_held_is_late_for_every_moment_missed() -> None:
    late: list[float] = []
    watching = asyncio.create_task(watch_stalls(late.append))
    await asyncio.sleep(0)
    time.sleep(10 * INTERVAL)  # noqa: ASYNC251 - the stall
    await asyncio.sleep(INTERVAL / 2)
    watching.cancel()
    assert len(late) >= 9
    assert max(late) >= 8 * INTERVAL
    assert late[:9] == sorted(late[:9], reverse=True)
