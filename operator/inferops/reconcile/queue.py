"""The work queue: which object needs a look, now or later, each once at a time.

Adding a key that waits is free, a key that comes in while it is worked on is worked on again, and a key that failed
comes back after a pause that doubles. There are no timers per object: what wants to run later sits in one heap.
"""

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

FIRST_DELAY, LONGEST_DELAY = 0.25, 120.0
"""Seconds after the first failure, and at most."""
MOST_DOUBLINGS = 16


class Key(NamedTuple):
    """Which object; namespace is empty for cluster-wide kinds."""

    kind: str
    namespace: str
    name: str


class Queue:
    """Keys to reconcile. All methods belong to one event loop."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._ready: deque[Key] = deque()
        self._waiting: dict[Key, float] = {}
        self._working: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def oldest(self) -> float:
        """Seconds that the key which waits longest has waited for a worker; 0 where none waits."""
        since = next(iter(self._waiting.values()), None)
        return 0.0 if since is None else max(0.0, asyncio.get_running_loop().time() - since)

    @property
    def delayed(self) -> int:
        """Keys that wait for their time."""
        return len(self._due)

    def add(self, key: Key, after: float = 0.0) -> None:
        """Work on `key` after so many seconds; the earliest wish counts."""
        if after > 0:
            due = asyncio.get_running_loop().time() + after
            if due < self._due.get(key, float("inf")):
                self._due[key] = due
                heapq.heappush(self._heap, (due, key))
                self._wake.set()
            return
        if key in self._waiting:
            return
        self._waiting[key] = asyncio.get_running_loop().time()
        if key not in self._working:
            self._ready.append(key)
            self._wake.set()

    async def get(self) -> Key:
        """The next key, as soon as there is one. Call done() or failed() for it afterwards."""
        while True:
            now = asyncio.get_running_loop().time()
            self._collect(now)
            if self._ready:
                break
            self._wake.clear()
            pause = self._heap[0][0] - now if self._heap else None
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue
        key = self._ready.popleft()
        del self._waiting[key]
        self._due.pop(key, None)
        self._working.add(key)
        return key

    def done(self, key: Key, after: float | None = None) -> None:
        """The key was worked on well; it wants to run again `after` seconds."""
        self._failures.pop(key, None)
        self._finish(key)
        if after is not None:
            self.add(key, after)

    def failed(self, key: Key) -> float:
        """The key failed and comes back after the seconds returned: doubled each time, with jitter."""
        failures = self._failures.get(key, 0)
        self._failures[key] = min(failures + 1, MOST_DOUBLINGS)
        delay: float = min(FIRST_DELAY * 2.0**failures, LONGEST_DELAY) * self._chance.uniform(0.75, 1.25)
        self._finish(key)
        self.add(key, delay)
        return delay

    async def work(self, handle: Callable[[Key], Awaitable[float | None]]) -> None:
        """One worker, for ever. `handle` returns in how many seconds the key wants to run again, None for never."""
        while True:
            await asyncio.sleep(0)  # a handler that finds nothing to write never waits, and others want their turn
            key = await self.get()
            try:
                after = await handle(key)
            except Exception:  # noqa: BLE001 - whatever it was, the key comes back; `handle` has logged it
                self.failed(key)
            except asyncio.CancelledError:
                self._finish(key)
                self.add(key)
                raise
            else:
                self.done(key, after)

    def _finish(self, key: Key) -> None:
        self._working.discard(key)
        if key in self._waiting:
            self._ready.append(key)
            self._wake.set()

    def _collect(self, now: float) -> None:
        """Move what is due to the ready keys. A heap entry whose key has another time since is stale."""
        while self._heap and self._heap[0][0] <= now:
            due, key = heapq.heappop(self._heap)
            if self._due.get(key) == due:
                del self._due[key]
                self.add(key)
