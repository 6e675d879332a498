"""What is too old goes, in small steps: each is a transaction of its own, so that no writer waits long."""

import time

from sqlalchemy import ColumnElement, Engine, Table, delete, func, select, tuple_

from inferops.metering.ledger.database import try_lock, writing
from inferops.metering.ledger.tables import hours, minutes, records, replicas, unreadable
from inferops.settings import LedgerSettings

STEP = 2_000
"""Rows of a transaction."""
PAUSE_SECONDS = 0.05
"""Between transactions, for those that wait."""
DAY_MS = 86_400_000
MOST_UNREADABLE = 10_000
"""Lines; the oldest go first."""


def sweep(engine: Engine, settings: LedgerSettings, now: int) -> dict[str, int]:
    """How many rows went, by table. Raises sqlalchemy.exc.DBAPIError."""
    raw, sums = now - settings.retention_days * DAY_MS, now - settings.rollup_retention_days * DAY_MS
    aged = (
        (records, records.c.time < raw, records.c.time),
        (minutes, minutes.c.minute < raw, minutes.c.minute),
        (hours, hours.c.hour < sums, hours.c.hour),
        (replicas, replicas.c.ended < sums, replicas.c.ended),
        (unreadable, unreadable.c.time < raw, unreadable.c.time),
    )
    gone = {table.name: remove(engine, table, old, order) for table, old, order in aged}
    gone["unreadable"] += bound_unreadable(engine)
    return gone


def remove(engine: Engine, table: Table, old: ColumnElement[bool], order: ColumnElement[int]) -> int:
    """Step by step; another replica that is at it goes on alone."""
    count = 0
    while step := remove_step(engine, table, old, order):
        count += step
        if step < STEP:
            break
        time.sleep(PAUSE_SECONDS)
    return count


def remove_step(engine: Engine, table: Table, old: ColumnElement[bool], order: ColumnElement[int]) -> int:
    """The oldest."""
    key = list(table.primary_key)
    chosen = select(*key).where(old).order_by(order).limit(STEP)
    same = key[0].in_(chosen) if len(key) == 1 else tuple_(*key).in_(chosen)
    with writing(engine) as connection:
        if not try_lock(connection, "sweep"):
            return 0
        return connection.execute(delete(table).where(same)).rowcount


def bound_unreadable(engine: Engine) -> int:
    """Nonsense that comes without end must not fill the volume."""
    with writing(engine) as connection:
        if (connection.scalar(select(func.count()).select_from(unreadable)) or 0) <= MOST_UNREADABLE:
            return 0
        newest = select(unreadable.c.digest).order_by(unreadable.c.time.desc()).limit(MOST_UNREADABLE)
        return connection.execute(delete(unreadable).where(unreadable.c.digest.not_in(newest))).rowcount
