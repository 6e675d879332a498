"""How many requests, or tokens, each key used within the last minute, over all gateways. PURE: the caller says what
time it is.

The window slides: within any 60 seconds a key gets no more than its limit. Pieces are counted by the second, so a place
is free again 60 to 61 seconds after it was taken.
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
        """Pieces within the window, as of the last call."""
        self._second = int(now)
        self._counts = array("Q", bytes(8 * SLOTS))

    def forget(self, now: float) -> None:
        """Drop what the window has left behind."""
        second = max(int(now), self._second)
        for passed in range(self._second + 1, min(second, self._second + SLOTS) + 1):
            self.total -= self._counts[passed % SLOTS]
            self._counts[passed % SLOTS] = 0
        self._second = second

    def add(self, count: int, ago: int = 0) -> None:
        """Count pieces of `ago` seconds before the last call of `forget`; negative: given back."""
        if 0 <= ago < SLOTS:
            slot = (self._second - ago) % SLOTS
            count = max(count, -self._counts[slot])
            self._counts[slot] += count
            self.total += count

    def until_free(self, now: float, count: int = 1) -> float:
        """Seconds until so many of the oldest have left the window."""
        for second in range(self._second - WINDOW, self._second + 1):
            count -= self._counts[second % SLOTS]
            if count <= 0:
                return second + SLOTS - now
        return 0.0

    def until_empty(self, now: float) -> float:
        """Seconds until the newest leave it."""
        seconds = range(self._second, self._second - SLOTS, -1)
        return next((second + SLOTS - now for second in seconds if self._counts[second % SLOTS]), 0.0)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a gateway may let through; times in seconds."""

    granted: int
    limit: int
    """Pieces in a minute; 0: the key has no limit."""
    remaining: int = 0
    reset: float = 0.0
    """Until the whole limit is there again."""
    retry: float = 0.0
    """Until something is there again."""


class MinuteLimits:
    """Of all keys, by client id: pieces are requests or tokens. `started`: this one counts since then, and asks
    gateways for what was before.
    """

    def __init__(self, started: float) -> None:
        self.started = started
        self.limits: Mapping[str, int] = {}
        self._minutes: dict[str, Minute] = {}
        self._recalled: dict[str, int] = {}

    def set_limits(self, limits: Mapping[str, int]) -> None:
        """Pieces in a minute. Counts of keys that keep a limit, the same or another one, go on."""
        for client in self._minutes.keys() - limits.keys():
            del self._minutes[client]
            self._recalled.pop(client, None)
        self.limits = limits

    def take(self, client: str, wanted: int, now: float, least: int = 1) -> Grant:
        """As many of the wanted pieces as fit, if `least` do: else none, and `retry` says when these fit."""
        limit = self.limits.get(client)
        if limit is None:
            return Grant(wanted, 0)
        minute = self._minute(client, now)
        room = limit - minute.total
        granted = min(wanted, room) if room >= least else 0
        minute.add(granted)
        retry = minute.until_free(now, least - room) if room < least else 0.0
        return Grant(granted, limit, max(limit - minute.total, 0), minute.until_empty(now), retry)

    def charge(self, client: str, count: int, now: float) -> None:
        """Count pieces that nobody asked for."""
        if count > 0 and client in self.limits:
            self._minute(client, now).add(count)

    def give_back(self, client: str, count: int, taken: float, now: float) -> None:
        """Pieces that were taken at that time were not used."""
        if client in self.limits:
            self._minute(client, now).add(-count, int(now) - int(taken))

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
