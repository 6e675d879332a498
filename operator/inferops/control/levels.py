"""How many requests were in progress, on average over a moment: a glance would see every wave as a flood."""

from collections import deque


class Level:
    """A number that changes now and then. Times are seconds of a monotonic clock, given by the caller."""

    def __init__(self) -> None:
        self._changes: deque[tuple[float, float]] = deque([(float("-inf"), 0.0)])
        """Since when it was how high; the first one is the oldest that still counts."""

    def note(self, value: float, now: float, longest: float) -> None:
        """It is so high from now on; `longest`: over how many seconds it is ever asked for."""
        if value != self._changes[-1][1]:
            self._changes.append((now, value))
        while len(self._changes) > 1 and self._changes[1][0] <= now - longest:
            self._changes.popleft()

    def mean(self, seconds: float, now: float) -> float:
        """Over the last `seconds`."""
        area, until = 0.0, now
        for since, value in reversed(self._changes):
            begin = max(since, now - seconds)
            area += value * (until - begin)
            until = begin
            if since <= now - seconds:
                break
        return area / seconds
