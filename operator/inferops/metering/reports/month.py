"""Usage and spend of this month as gauges, read anew every minute; a large ledger is read less often.

Gauges and not counters: a ledger that starts again goes on where it was, and late records raise what they belong to.
They begin anew with the month. Of too many series the costliest are shown, and the rest together.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from inferops.metering.ledger.database import reading
from inferops.metering.reports import metrics
from inferops.metering.reports.calendar import Calendar
from inferops.metering.reports.metrics import Series
from inferops.metering.reports.pods import read_pods
from inferops.metering.reports.prices import group_by_place, read_prices
from inferops.metering.reports.query import Dimension, Query, ceil_hour, start_month
from inferops.metering.reports.report import Group, Row, Rows, add_pods, read_token_rows
from inferops.metering.reports.tokens import TooManyRows

logger = logging.getLogger(__name__)

MINUTE = 60.0
SHARE = 0.02
"""Of the time, that reading may take."""
MOST_SERIES = 1000
"""Combinations of namespace, key, model and instance; those of replicas apart."""
REST = "(rest)"
"""As every label of what is shown together."""
BY: tuple[Dimension, ...] = ("namespace", "key", "model", "instance")
PLACES: tuple[Dimension, ...] = ("namespace", "model", "instance", "region")
KINDS = ("prompt", "completion", "cached", "reasoning")
SECOND_MS = 1000
Clock = Callable[[], datetime]
Values = dict[tuple[Series, tuple[str, ...]], float]


class Month:
    """Of one ledger. With several replicas each shows the same: take the greatest, not the sum."""

    def __init__(self, engine: Engine, currency: str, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._currency = currency
        self._clock = clock
        self._shown: set[tuple[Series, tuple[str, ...]]] = set()
        self._read = time.monotonic()
        metrics.AGE.set_function(lambda: time.monotonic() - self._read)

    async def follow(self) -> None:
        """For ever. What cannot be read stays as it was, and grows old."""
        while True:
            began = time.monotonic()
            try:
                self.show(await asyncio.to_thread(self.read))
                self._read = time.monotonic()
            except (SQLAlchemyError, TooManyRows) as error:
                logger.warning("this month's usage cannot be read", extra={"error": type(error).__name__})
            await asyncio.sleep(max(MINUTE, (time.monotonic() - began) / SHARE))

    def read(self) -> Values:
        """What is to be shown. Raises SQLAlchemyError, and TooManyRows where there are too many namespaces."""
        now = self._clock()
        start, end = start_month(now), ceil_hour(now)
        with reading(self._engine) as connection:
            return read_month(connection, start, end, self._currency)

    def show(self, values: Values) -> None:
        """Those, and no others."""
        for (gauge, labels), value in values.items():
            gauge.labels(*labels).set(value)
        for gauge, labels in self._shown - values.keys():
            gauge.remove(*labels)
        self._shown = set(values)


def read_month(connection: Connection, start: datetime, end: datetime, currency: str) -> Values:
    """All gauges of the time."""
    values: defaultdict[tuple[Series, tuple[str, ...]], float] = defaultdict(float)
    if start == end:
        return values
    history = read_prices(connection)
    by_place = Query(start, end, PLACES)
    try:
        use = read_token_rows(connection, Query(start, end, BY), currency, history)
    except TooManyRows:
        use = blur(read_token_rows(connection, Query(start, end, BY[:1]), currency, history))
    for group, row in shorten(use).items():
        add_use(values, group, row)
    pods = Rows()
    add_pods(pods, read_pods(connection, by_place, Calendar(by_place), group_by_place(history)), currency)
    for group, row in shorten(pods).items():
        values[metrics.REPLICA_SECONDS, group.values] += row.amounts["replica_ms"] / SECOND_MS
        values[metrics.REPLICA_COST, (*group.values, group.currency)] += float(row.replica_cost)
    return values


def blur(tenants: Rows) -> Rows:
    """Rows of namespaces, as of all labels."""
    return {group._replace(values=(*group.values, *[REST] * len(BY[1:]))): row for group, row in tenants.items()}


def add_use(values: Values, group: Group, row: Row) -> None:
    """Of one combination; kinds of which there is nothing have no series."""
    counts = {metrics.REQUESTS: "requests", metrics.UNKNOWN: "unknown", metrics.UNPRICED: "unpriced"}
    for gauge, name in counts.items():
        values[gauge, group.values] += row.amounts[name]
    if row.amounts["audio_ms"]:
        values[metrics.AUDIO, group.values] += row.amounts["audio_ms"] / SECOND_MS
    for kind in KINDS:
        if row.amounts[kind]:
            values[metrics.TOKENS, (*group.values, kind)] += row.amounts[kind]
    values[metrics.TOKEN_COST, (*group.values, group.currency)] += float(row.token_cost)


def shorten(rows: Rows) -> Rows:
    """The costliest as they are, and the rest of each currency together."""

    def weigh(group: Group) -> tuple[object, ...]:
        row = rows[group]
        return row.token_cost + row.replica_cost, row.amounts["requests"], group

    ordered = sorted(rows, key=weigh, reverse=True)
    short = {group: rows[group] for group in ordered[:MOST_SERIES]}
    for group in ordered[MOST_SERIES:]:
        rest = Group(group.bucket, (REST,) * len(group.values), group.currency)
        short.setdefault(rest, Row()).add(rows[group])
    return short
