"""Streams that last for as long as somebody listens: so many at once, and so many of one namespace."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from inferops.api.problems import unavailable

MOST, MOST_EACH = 200, 20
"""In one process, and of one namespace."""


class Seats:
    """Of one process."""

    def __init__(self, most: int = MOST, most_each: int = MOST_EACH) -> None:
        self._most, self._most_each = most, most_each
        self._taken: Counter[str] = Counter()
        self.closed = False
        """True: the process ends, and with it all streams; who follows goes on with another replica."""

    def check(self, namespace: str) -> None:
        """Refuse with 503 where there is none."""
        if self._taken[namespace] >= self._most_each or self._taken.total() >= self._most:
            raise unavailable("Too many streams at once, of logs or exports: end one of them, or try again.")

    @contextmanager
    def take(self, namespace: str) -> Iterator[None]:
        """While the context lasts."""
        self._taken[namespace] += 1
        try:
            yield
        finally:
            self._taken[namespace] -= 1
            if not self._taken[namespace]:
                del self._taken[namespace]
