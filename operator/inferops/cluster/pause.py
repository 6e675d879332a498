"""One pause for all requests of a client: an API server in trouble is not hammered by every worker on its own."""

import asyncio
import random
import time

from inferops.cluster import metrics
from inferops.errors import ClusterError

FIRST_SECONDS, LONGEST_SECONDS = 0.1, 5.0
"""After the first failure, and at most; doubled in between."""
LONGEST_WISH = 30.0
"""Seconds of a Retry-After that are granted."""
AWAY = frozenset({0, 429, 502, 503, 504})
"""Statuses of an API server that is away or has too much to do. A 500 is one request's, unless etcd is the cause."""


def is_away(error: ClusterError) -> bool:
    """Whether the trouble is the API server's as a whole, rather than this request's."""
    return error.status in AWAY or (error.status == 500 and "etcdserver" in str(error))


class Pause:
    """Grows while nothing succeeds; all methods belong to one event loop."""

    def __init__(self, longest: float = LONGEST_SECONDS, chance: random.Random | None = None) -> None:
        self._longest = longest
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._until = 0.0
        self._failures = 0

    async def wait(self) -> float:
        """Return when requests may go, with that moment (time.monotonic)."""
        while (rest := self._until - time.monotonic()) > 0:  # noqa: ASYNC110 - what ends it is time
            await asyncio.sleep(rest * self._chance.uniform(1.0, 1.2))
        return time.monotonic()

    def succeeded(self) -> None:
        """An answer came: the next failure is a first one again."""
        if self._failures:
            self._failures = 0
            metrics.API_PAUSE.set(0)

    def failed(self, begun: float, wish: float = 0.0) -> None:
        """A request that began at `begun` failed; `wish` is the API server's Retry-After, in seconds. Those that were
        under way together fail together, and count once.
        """
        now = time.monotonic()
        if begun >= self._until:
            self._failures += 1
            doubled: float = FIRST_SECONDS * 2.0 ** min(self._failures - 1, 16)
            self._until = now + min(doubled, self._longest)
        self._until = max(self._until, now + min(wish, LONGEST_WISH))
        metrics.API_PAUSE.set(self._until - now)
