"""Lines of the access log -> metrics, never more series than a bound: where it is full, pairs of instance and key that
have been idle for long make room, and without such ones the rest is counted together.
"""

from collections import OrderedDict
from typing import Any

import orjson

from inferops.metering.metrics import FIRST_BYTE, REQUESTS, SECONDS, TOKENS, UNREAD, Series
from inferops.metering.usage import read_usage

MOST_PAIRS = 5000
IDLE_SECONDS = 3600.0
REST = "(rest)"
"""The key of what is counted together."""
KINDS = ("prompt", "completion", "cached", "reasoning")
MILLISECONDS = 1e-3


class Pair:
    """An instance and a key, and their counters."""

    def __init__(self, instance: str, client: str) -> None:
        self.instance, self.client = instance, client
        self.last = 0.0
        """When a request ended last."""
        self._requests: dict[str, Series] = {}
        self._tokens: dict[str, Series] = {}
        self._seconds, self._first_byte = SECONDS.labels(instance), FIRST_BYTE.labels(instance)

    def count(self, record: dict[str, Any]) -> None:
        """One request."""
        status = str(record.get("status", ""))
        if status not in self._requests:
            self._requests[status] = REQUESTS.labels(self.instance, self.client, status)
        self._requests[status].inc()
        if isinstance(duration := record.get("ms"), int):
            self._seconds.observe(duration * MILLISECONDS)
        if isinstance(first := record.get("ttft_ms"), int):
            self._first_byte.observe(first * MILLISECONDS)
        self._count_tokens(read_usage(record.get("usage")))

    def _count_tokens(self, usage: dict[str, float]) -> None:
        for kind in KINDS:
            if tokens := usage.get(kind):
                if kind not in self._tokens:
                    self._tokens[kind] = TOKENS.labels(self.instance, self.client, kind)
                self._tokens[kind].inc(tokens)

    def remove(self) -> None:
        """Show its counters no more."""
        for status in self._requests:
            REQUESTS.remove(self.instance, self.client, status)
        for kind in self._tokens:
            TOKENS.remove(self.instance, self.client, kind)


class Traffic:
    """All pairs."""

    def __init__(self, most: int = MOST_PAIRS) -> None:
        self._most = most
        self._pairs: OrderedDict[tuple[str, str], Pair] = OrderedDict()
        """Those that were idle longest come first."""

    def count(self, lines: bytes, now: float) -> None:
        """Whole lines of the log; `now`: seconds of a monotonic clock."""
        for line in lines.splitlines():
            try:
                record = orjson.loads(line)
                pair = self._find(record.get("instance") or "", record.get("client") or "", now)
                pair.count(record)
            except (ValueError, TypeError, AttributeError):
                UNREAD.inc()

    def _find(self, instance: str, client: str, now: float) -> Pair:
        pair = self._pairs.get((instance, client))
        if pair is None:
            if len(self._pairs) >= self._most and not self._make_room(now):
                client = REST
            pair = self._pairs.setdefault((instance, client), Pair(instance, client))
        self._pairs.move_to_end((instance, client))
        pair.last = now
        return pair

    def _make_room(self, now: float) -> bool:
        """Forget the pair that was idle longest, if that was long."""
        name, oldest = next(iter(self._pairs.items()))
        if now - oldest.last < IDLE_SECONDS:
            return False
        del self._pairs[name]
        oldest.remove()
        if not any(instance == oldest.instance for instance, _ in self._pairs):
            SECONDS.remove(oldest.instance)
            FIRST_BYTE.remove(oldest.instance)
        return True
