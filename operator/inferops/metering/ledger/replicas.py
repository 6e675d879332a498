"""When each pod of an instance had its hardware -> `replicas`. All replicas of the ledger may write the same."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update

from inferops.metering.ledger.database import is_postgresql
from inferops.metering.ledger.ingestion import dialect_insert
from inferops.metering.ledger.pods import Sighting
from inferops.metering.ledger.tables import replicas

LOST_MS = 180_000
"""A pod that nobody saw for so long is gone: a watch hears something every minute."""
BATCH = 500
Row = dict[str, Any]
Serving = tuple[str, str]
"""Served name of the model, and name of the Hardware."""


def build_replica(seen: Sighting, serving: Serving | None, now: int) -> Row:
    """Of `replicas`. What an instance that is gone served is not known any more."""
    model, hardware = serving or ("", "")
    return {
        "uid": seen.uid,
        "namespace": seen.namespace,
        "instance": seen.instance,
        "region": seen.region,
        "model": model,
        "hardware": hardware,
        "started": seen.started,
        "ended": seen.ended,
        "last_seen": seen.ended or max(now, seen.started),
    }


def write_replicas(connection: Connection, rows: Sequence[Row]) -> None:
    """A pod keeps what was first known of it; its end is written once."""
    if not rows:
        return
    statement = dialect_insert(connection)(replicas)
    greatest = func.greatest if is_postgresql(connection) else func.max
    grown = {
        "ended": func.coalesce(replicas.c.ended, statement.excluded.ended),
        "last_seen": greatest(replicas.c.last_seen, statement.excluded.last_seen),
    }
    upsert = statement.on_conflict_do_update(index_elements=["uid"], set_=grown)
    connection.execute(upsert, sorted(rows, key=lambda row: row["uid"]))


def note_alive(connection: Connection, uids: Iterable[str], now: int) -> None:
    """They were there at `now`."""
    for some in split(sorted(uids)):
        alive = replicas.c.uid.in_(some), replicas.c.ended.is_(None), replicas.c.last_seen < now
        connection.execute(update(replicas).where(*alive).values(last_seen=now))


def close_lost(connection: Connection, live: Iterable[str], now: int) -> int:
    """Pods that went while nobody looked ended when they were last seen; how many those are."""
    lost = replicas.c.ended.is_(None), replicas.c.last_seen < now - LOST_MS
    uids = set(connection.scalars(select(replicas.c.uid).where(*lost))) - set(live)
    for some in split(sorted(uids)):
        closing = update(replicas).where(replicas.c.uid.in_(some), *lost)
        connection.execute(closing.values(ended=replicas.c.last_seen))
    return len(uids)


def split(uids: list[str]) -> list[list[str]]:
    """Statements have a limit of parameters."""
    return [uids[start : start + BATCH] for start in range(0, len(uids), BATCH)]
