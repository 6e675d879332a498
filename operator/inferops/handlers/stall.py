"""How long the event loop lets others wait: shows a reconcile, a list or a burst of events that holds it too long."""

import asyncio
from collections.abc import Callable

INTERVAL = 0.05
"""Seconds between moments at which the loop should have had time."""


async def watch_stalls(observe: Callable[[float], None]) -> None:
    """For ever: tell by how many seconds each moment was missed. One long stall misses many moments, as everything
    that came meanwhile did.
    """
    loop = asyncio.get_running_loop()
    due = loop.time() + INTERVAL
    while True:
        await asyncio.sleep(due - loop.time())
        while (late := loop.time() - due) >= 0:
            observe(late)
            due += INTERVAL
