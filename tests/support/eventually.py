"""Waiting for what a test expects, instead of sleeping."""

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")
PATIENCE = float(os.environ.get("PATIENCE", "1"))
"""Every wait may last so many times as long: where all tiers run side by side, what is late is the machine."""
SOONEST, LATEST = 0.05, 1.0
"""Seconds between two looks."""


@overload
async def eventually(probe: Callable[[], Awaitable[T]], *, within: float = 10.0, interval: float = 0) -> T: ...
@overload
async def eventually(probe: Callable[[], T], *, within: float = 10.0, interval: float = 0) -> T: ...
async def eventually(probe: Callable[[], T | Awaitable[T]], *, within: float = 10.0, interval: float = 0) -> T:
    """Ask `probe`, plain or async, until its answer is truthy, and return that.

    An AssertionError counts as "not yet", so a probe may hold asserts; when the time is over the last one is raised.
    Without an interval it looks the less often the longer it waits: the answer is known a twentieth of that late.
    """
    begun = time.monotonic()
    deadline = begun + within * PATIENCE
    while True:
        failure: AssertionError | None = None
        answer: T | None = None
        try:
            result = probe()
            answer = await result if inspect.isawaitable(result) else result
        except AssertionError as error:
            failure = error
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise failure or AssertionError(f"not within {within} s: the last answer was {answer!r}")
        await asyncio.sleep(interval or min(max((time.monotonic() - begun) / 20, SOONEST), LATEST))
