"""How many requests each key made within the last minute, over all gateways. PURE: the caller says what time it is.

The window slides: within any 60 seconds a key gets no more than its limit. Requests are counted by the second, so a
place is free again 60 to 61 seconds after it was taken.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

WINDOW = 60
"""Seconds."""
SLOTS = WINDOW + 1
"""One for each second that may lie within the window, the first and the last only in part."""


class Minute:
    """One key. Times are seconds of a clock that never goes back."""

    __slots__ = ("_counts", "_second", "total")

    def __init__(self, now: float) -> None:
        self.total = 0
        """Requests within the window, as of the last call."""
        self._second = int(now)
        self._counts = array("I", bytes(4 * SLOTS))

    def forget(self, now: float) -> None:
        """Drop what the window has left behind."""
        second = max(int(now), self._second)
        for passed in range(self._second + 1, min(second, self._second + SLOTS) + 1):
            self.total -= self._counts[passed % SLOTS]
            self._counts[passed % SLOTS] = 0
        self._second = second

    def add(self, count: int, ago: int = 0) -> None:
        """Count requests of `ago` seconds before the last call of `forget`."""
        if 0 <= ago < SLOTS:
            self._counts[(self._second - ago) % SLOTS] += count
            self.total += count

    def until_free(self, now: float) -> float:
        """Seconds until the oldest requests leave the window."""
        return self._leaves(range(self._second - WINDOW, self._second + 1), now)

    def until_empty(self, now: float) -> float:
        """Seconds until the newest requests leave it."""
        return self._leaves(range(self._second, self._second - SLOTS, -1), now)

    def _leaves(self, seconds: range, now: float) -> float:
        return next((second + SLOTS - now for second in seconds if self._counts[second % SLOTS]), 0.0)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a gateway may let through; times in seconds."""

    granted: int
    limit: int
    """Requests in a minute; 0: the key has no limit."""
    remaining: int = 0
    reset: float = 0.0
    """Until the whole limit is there again."""
    retry: float = 0.0
    """Until something is there again."""


class RequestLimits:
    """All keys, by client id. `started`: this one counts since then, and asks gateways for what was before."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.limits: Mapping[str, int] = {}
        self._minutes: dict[str, Minute] = {}
        self._recalled: dict[str, int] = {}

    def set_limits(self, limits: Mapping[str, int]) -> None:
        """Requests in a minute. Counts of keys that keep a limit, the same or another one, go on."""
        for client in self._minutes.keys() - limits.keys():
            del self._minutes[client]
            self._recalled.pop(client, None)
        self.limits = limits

    def take(self, client: str, wanted: int, now: float) -> Grant:
        """As many of the wanted requests as fit."""
        limit = self.limits.get(client)
        if limit is None:
            return Grant(wanted, 0)
        minute = self._minute(client, now)
        granted = max(min(wanted, limit - minute.total), 0)
        minute.add(granted)
        remaining = max(limit - minute.total, 0)
        return Grant(granted, limit, remaining, minute.until_empty(now), 0.0 if granted else minute.until_free(now))

    def charge(self, client: str, count: int, now: float) -> None:
        """Count requests that nobody asked for."""
        if count > 0 and client in self.limits:
            self._minute(client, now).add(count)

    def recall(self, client: str, used: int, ago: float, now: float) -> None:
        """A gateway remembers that the key had `used` so many requests `ago` seconds before. What this process did not
        count by itself is counted then; of several gateways the one that remembers most is right.
        """
        missing = used - self._recalled.get(client, 0)
        if missing > 0 and now - ago < self.started and client in self.limits:
            self._minute(client, now).add(missing, int(ago))
            self._recalled[client] = used

    def _minute(self, client: str, now: float) -> Minute:
        minute = self._minutes.get(client)
        if minute is None:
            minute = self._minutes[client] = Minute(now)
        minute.forget(now)
        return minute
