"""Registries by host: how many questions at once, and when a host wants, or needs, to be left alone.

What a host said to one Registry (too many requests, no connection) it would have said to all of them: they share the
answer and the pause, which doubles while the host goes on like that.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from inferops.plan.registry_status import Answer

AT_ONCE = 2
"""Questions to one host."""
AT_ONCE_IN_ALL = 16
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 600.0
LONGEST_WISH = 6 * 3600.0
"""The window of Docker Hub's limit; who asks for longer is asked again all the same."""
URGENT_GAP = 15.0
"""A change of a Registry asks a host that does not answer at once, but not more often than this."""


class Refusal(NamedTuple):
    """Why a host is not asked, and till when."""

    answer: Answer
    asked: float
    until: float
    failures: int


class Hosts:
    """All hosts; times are seconds of `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, chance: random.Random | None = None) -> None:
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 - spreads requests, guards nothing
        self._refusals: dict[str, Refusal] = {}
        self._queues: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._all = asyncio.Semaphore(AT_ONCE_IN_ALL)

    def refusal(self, host: str, *, urgent: bool) -> tuple[Answer, float] | None:
        """What the host would answer, and seconds until it may be asked; None where it may be asked now."""
        if (refusal := self._refusals.get(host)) is None:
            return None
        urgent = urgent and refusal.answer.reason != "RateLimited"
        left = (refusal.asked + URGENT_GAP if urgent else refusal.until) - self._clock()
        # those who wait do not come back all at once
        return (refusal.answer, left + self._chance.uniform(0, FIRST_PAUSE / 2)) if left > 0 else None

    def note(self, host: str, answer: Answer) -> None:
        """Learn from an answer of the host."""
        before = self._refusals.pop(host, None)
        if not answer.of_host:
            return
        failures = before.failures + 1 if before else 1
        pause = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE)
        pause = max(pause, min(answer.retry_after or 0.0, LONGEST_WISH)) * self._chance.uniform(1.0, 1.2)
        now = self._clock()
        self._refusals[host] = Refusal(answer, now, now + pause, failures)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for one's turn to ask the host."""
        async with self._queues[host], self._all:
            yield
