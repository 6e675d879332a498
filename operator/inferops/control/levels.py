"""How many requests were in progress, on average over a moment: a glance would see every wave as a flood."""

from collections import deque

SECONDS = 10.0
"""Over which the mean is taken."""


class Level:
    """A number that changes now and then. Times are seconds of a monotonic clock, given by the caller."""

    def __init__(self) -> None:
        self._changes: deque[tuple[float, float]] = deque([(float("-inf"), 0.0)])
        """Since when it was how high; the first one is the oldest that still counts."""

    def note(self, value: float, now: float) -> None:
        """It is so high from now on."""
        if value != self._changes[-1][1]:
            self._changes.append((now, value))
        while len(self._changes) > 1 and self._changes[1][0] <= now - SECONDS:
            self._changes.popleft()

    def mean(self, now: float) -> float:
        """Over the last SECONDS."""
        area, until = 0.0, now
        for since, value in reversed(self._changes):
            begin = max(since, now - SECONDS)
            area += value * (until - begin)
            until = begin
            if since <= now - SECONDS:
                break
        return area / SECONDS
