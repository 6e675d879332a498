"""Sums of requests, from the ledger's hours."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select

from inferops.metering.ledger.tables import HOUR_MS, hours
from inferops.metering.reports.calendar import Calendar, to_millis
from inferops.metering.reports.query import Query

AMOUNTS = (
    "requests",
    "errors",
    "unknown",
    "broken",
    "prompt",
    "completion",
    "cached",
    "reasoning",
    "audio_ms",
    "images",
    "bytes_in",
    "bytes_out",
    "ms",
)
DAY_MS = 24 * HOUR_MS
MOST_ROWS = 10_000
"""Of one report. What has more is asked for in parts, or exported."""
TOO_MANY = (
    f"the report has more than {MOST_ROWS} rows: ask for a shorter time, longer intervals, fewer dimensions or with"
    " filters; or export"
)


class TooManyRows(ValueError):
    """Than a report may have."""


class TokenSum(NamedTuple):
    """Requests of one bucket, of one combination of dimensions, at one price."""

    bucket: int
    values: tuple[str, ...]
    """Of the query's dimensions."""
    price_id: int
    served: int
    """Requests that did not fail, of hours in which something was used that has a price."""
    amounts: dict[str, int]


def read_tokens(connection: Connection, query: Query, calendar: Calendar) -> Iterator[TokenSum]:
    """All sums, in no order. Raises TooManyRows."""
    rows = connection.execute(build_statement(query, calendar)).all()
    if len(rows) > MOST_ROWS:
        raise TooManyRows(TOO_MANY)
    width = len(query.by)
    for row in rows:
        bucket, price_id, served = (int(value) for value in row[:3])
        counts = (int(value) for value in row[3 + width :])
        yield TokenSum(bucket, tuple(row[3 : 3 + width]), price_id, served, dict(zip(AMOUNTS, counts, strict=True)))


def build_statement(query: Query, calendar: Calendar) -> Select[*tuple[Any, ...]]:
    """One pass over the hours of the time that is asked for."""
    bucket = build_bucket(query, calendar).label("bucket")
    dimensions = [hours.c[name] for name in query.by]
    used = hours.c.prompt + hours.c.completion + hours.c.audio_ms > 0
    served = func.sum(case((used, hours.c.requests - hours.c.errors), else_=0))
    sums = [func.sum(hours.c[name]) for name in AMOUNTS]
    grouped = [hours.c.price_id, *dimensions]
    return (
        select(bucket, hours.c.price_id, served, *dimensions, *sums)
        .where(hours.c.hour >= to_millis(query.start), hours.c.hour < to_millis(query.end))
        .where(*(hours.c[name].in_(values) for name, values in query.filters.items()))
        .group_by(*(grouped if query.every == "total" else [bucket, *grouped]))
        .limit(MOST_ROWS + 1)
    )


def build_bucket(query: Query, calendar: Calendar) -> ColumnElement[int]:
    """The bucket of an hour. Months are no arithmetic: each is compared, the last one first."""
    if query.every == "hour":
        return hours.c.hour
    if query.every == "day":
        return hours.c.hour - hours.c.hour % DAY_MS
    if query.every == "month":
        later = [(hours.c.hour >= start, literal(start)) for start in reversed(calendar.starts[1:])]
        return case(*later, else_=calendar.starts[0]) if later else literal(calendar.starts[0])
    return literal(calendar.starts[0])
