"""Time of replicas, from the ledger's intervals of pods, split where an hour, a day, a month or a price ends."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from inferops.metering.ledger.tables import replicas
from inferops.metering.prices import Price
from inferops.metering.reports.calendar import Calendar, to_millis
from inferops.metering.reports.query import Query

Histories = Mapping[tuple[str, str], Sequence[Price]]
"""Prices by hardware and region, in the order of `since`."""


class Span(NamedTuple):
    """One bucket, one combination of dimensions, at one price."""

    bucket: int
    values: tuple[str, ...]
    price: Price | None


def read_pods(connection: Connection, query: Query, calendar: Calendar, histories: Histories) -> Counter[Span]:
    """Milliseconds of replicas. What still runs counts as far as it was last seen."""
    found: Counter[Span] = Counter()
    start, end = to_millis(query.start), to_millis(query.end)
    for began, ended, hardware, region, *values in connection.execute(build_statement(query)):
        history = histories.get((hardware, region), ())
        for bucket, left, right in calendar.split(max(began, start), min(ended, end)):
            for price, milliseconds in split_prices(history, left, right):
                found[Span(bucket, tuple(values), price)] += milliseconds
    return found


def build_statement(query: Query) -> Select[*tuple[Any, ...]]:
    """Intervals that have a part in the time that is asked for."""
    ended = func.coalesce(replicas.c.ended, replicas.c.last_seen)
    return (
        select(
            replicas.c.started, ended, replicas.c.hardware, replicas.c.region, *(replicas.c[name] for name in query.by)
        )
        .where(replicas.c.started < to_millis(query.end), ended > to_millis(query.start))
        .where(*(replicas.c[name].in_(values) for name, values in query.filters.items()))
    )


def split_prices(history: Sequence[Price], start: int, end: int) -> Iterator[tuple[Price | None, int]]:
    """The prices in force in an interval, and how long each was."""
    index = bisect_right(history, start, key=lambda price: price.since)
    while start < end:
        until = min(end, history[index].since if index < len(history) else end)
        yield (history[index - 1] if index else None), until - start
        start, index = until, index + 1
