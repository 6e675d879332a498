"""PURE: hours, days and months of UTC, in milliseconds since 1970."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from inferops.metering.reports.query import HOUR, Every, Query, start_month

MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_BUCKETS = 10_000
"""Of one report: a year by the hour."""


def to_millis(moment: datetime) -> int:
    """As the ledger's tables have it."""
    return (moment - EPOCH) // MILLISECOND


def from_millis(millis: int) -> datetime:
    """The same the other way round."""
    return EPOCH + millis * MILLISECOND


class Calendar:
    """The buckets of a query: each begins where the one before ends; the first may begin before the query does."""

    def __init__(self, query: Query) -> None:
        starts = list(walk(query))
        self.starts = [to_millis(start) for start in starts]
        self.end = to_millis(query.end)

    def find(self, millis: int) -> int:
        """Start of the bucket with that moment."""
        return self.starts[bisect_right(self.starts, millis) - 1]

    def split(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """An interval's parts within buckets: bucket, start, end."""
        index = bisect_right(self.starts, start) - 1
        while start < end:
            until = min(end, self.starts[index + 1] if index + 1 < len(self.starts) else self.end)
            yield self.starts[index], start, until
            start, index = until, index + 1


def walk(query: Query) -> Iterator[datetime]:
    """Beginnings of the buckets, by time. Raises ValueError for too many."""
    start = floor(query.start, query.every)
    for _ in range(MOST_BUCKETS):
        yield start
        start = after(start, query.every) if query.every != "total" else query.end
        if start >= query.end:
            return
    raise ValueError(f'every is "{query.every}": at most {MOST_BUCKETS} in one report, ask for days or a shorter time')


def floor(moment: datetime, every: Every) -> datetime:
    """The beginning of its bucket."""
    if every == "month":
        return start_month(moment)
    return moment.replace(hour=0) if every == "day" else moment


def after(start: datetime, every: Every) -> datetime:
    """The beginning of the next one."""
    if every == "month":
        return start_month(start + timedelta(days=31))
    return start + (timedelta(days=1) if every == "day" else HOUR)
