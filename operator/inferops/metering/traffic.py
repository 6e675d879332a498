"""Lines of the journal -> metrics, never more series than a bound: where it is full, pairs of instance and key that
have been idle for long make room, and without such ones the rest is counted together.
"""

from collections import OrderedDict

from inferops.metering.metrics import (
    AUDIO,
    BROKEN,
    FIRST_BYTE,
    IMAGES,
    REQUESTS,
    SECONDS,
    TOKENS,
    UNKNOWN,
    UNREAD,
    Series,
)
from inferops.metering.record import Record, parse_record

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
        self._series: dict[tuple[Series, tuple[str, ...]], Series] = {}
        self._seconds, self._first_byte = SECONDS.labels(instance), FIRST_BYTE.labels(instance)

    def count(self, record: Record) -> None:
        """One request."""
        self._add(REQUESTS, 1, str(record.status))
        if record.ms is not None:
            self._seconds.observe(record.ms * MILLISECONDS)
        if record.ttft_ms is not None:
            self._first_byte.observe(record.ttft_ms * MILLISECONDS)
        for kind in KINDS:
            if tokens := getattr(record, kind):
                self._add(TOKENS, tokens, kind)
        if record.seconds:
            self._add(AUDIO, float(record.seconds))
        if record.images:
            self._add(IMAGES, record.images)
        if record.unknown:
            self._add(UNKNOWN, 1)
        if record.broken:
            self._add(BROKEN, 1, record.broken)

    def _add(self, counter: Series, amount: float, *label: str) -> None:
        series = self._series.get((counter, label))
        if series is None:
            series = self._series[counter, label] = counter.labels(self.instance, self.client, *label)
        series.inc(amount)

    def remove(self) -> None:
        """Show its counters no more."""
        for counter, label in self._series:
            counter.remove(self.instance, self.client, *label)


class Traffic:
    """All pairs."""

    def __init__(self, most: int = MOST_PAIRS) -> None:
        self._most = most
        self._pairs: OrderedDict[tuple[str, str], Pair] = OrderedDict()
        """Those that were idle longest come first."""

    def count(self, lines: bytes, now: float) -> None:
        """Whole lines; `now`: seconds of a monotonic clock."""
        for line in lines.splitlines():
            try:
                record = parse_record(line)
            except ValueError:
                UNREAD.inc()
            else:
                self._find(record.instance, record.client, now).count(record)

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
