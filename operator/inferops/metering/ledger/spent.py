"""What keys have spent since a moment, and which of some requests are in that sum: what budgets are held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from inferops.metering.ledger.moments import to_ms
from inferops.metering.ledger.pricing import build_price
from inferops.metering.ledger.tables import HOUR_MS, hours, prices, records
from inferops.metering.prices import cost_of_use

MOST_PENDING = 20_000
PART = 500
"""Ids that one statement asks for."""
USED = ("prompt", "completion", "audio_ms")


@dataclass(frozen=True, slots=True)
class Question:
    """Of one key."""

    namespace: str
    key: str
    since: int
    pending: Sequence[str]


def parse_questions(body: Any) -> dict[str, Question]:
    """By client id. Raises ValueError that says what is wrong."""
    keys = body.get("keys") if isinstance(body, dict) else None
    if not isinstance(keys, dict):
        raise ValueError(  # noqa: TRY004  as what is no JSON
            'the body must be {"keys": {"<namespace>/<key>": {"since": ..., "pending": [...]}}}'
        )
    return {client: parse_question(client, asked) for client, asked in keys.items()}


def parse_question(client: str, asked: Any) -> Question:
    """Raises ValueError."""
    namespace, slash, key = client.partition("/")
    since, pending = (asked.get("since"), asked.get("pending", [])) if isinstance(asked, dict) else (None, None)
    if not slash or not isinstance(since, str):
        raise ValueError(f'keys: "{client}" must be <namespace>/<key> and have "since", a time of RFC 3339')
    moment = datetime.fromisoformat(since)
    if moment.tzinfo is None:
        raise ValueError(f'keys: "{client}": since must have its zone, is "{since}"')
    if not isinstance(pending, list) or len(pending) > MOST_PENDING or not all(isinstance(i, str) for i in pending):
        raise ValueError(f'keys: "{client}": pending must be at most {MOST_PENDING} ids')
    return Question(namespace, key, to_ms(moment), pending)


def read_spent(connection: Connection, questions: Mapping[str, Question]) -> dict[str, dict[str, Any]]:
    """Both from one snapshot: a pending request is either in `spent` or not in `stored`."""
    return {
        client: {"spent": f"{read_cost(connection, asked):f}", "stored": read_stored(connection, asked.pending)}
        for client, asked in questions.items()
    }


def read_cost(connection: Connection, asked: Question) -> Decimal:
    """Whole hours from their sums; a month that begins within one adds that hour's requests one by one."""
    whole = -(-asked.since // HOUR_MS) * HOUR_MS
    amounts = read_amounts(connection, hours, own(hours, asked), hours.c.hour >= whole)
    if whole > asked.since:
        rest = and_(records.c.time >= asked.since, records.c.time < whole)
        amounts += read_amounts(connection, records, own(records, asked), rest)
    query = select(prices).where(prices.c.id.in_({price for price, *_ in amounts}))
    known = {row["id"]: build_price(row) for row in connection.execute(query).mappings()}
    return sum((cost_of_use(known[price], *used) for price, *used in amounts if price in known), Decimal(0))


def own(table: Table, asked: Question) -> ColumnElement[bool]:
    """Rows of the key."""
    return and_(table.c.namespace == asked.namespace, table.c.key == asked.key)


def read_amounts(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> list[tuple[int, ...]]:
    """Price, then what was used at it."""
    sums = [func.coalesce(func.sum(table.c[name]), 0) for name in USED]
    query = select(table.c.price_id, *sums).where(*conditions).group_by(table.c.price_id)
    return [tuple(int(value) for value in row) for row in connection.execute(query)]


def read_stored(connection: Connection, pending: Sequence[str]) -> list[str]:
    """Those that are there."""
    parts = [pending[start : start + PART] for start in range(0, len(pending), PART)]
    return [found for part in parts for found in connection.scalars(select(records.c.id).where(records.c.id.in_(part)))]
