"""Amounts and money side by side: one row for each bucket, combination of dimensions, and currency.

Sums are integers from the database; money is worked out here, once for each row and price that was in force.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection

from inferops.metering.prices import Price, cost_of_replicas, cost_of_use
from inferops.metering.reports.calendar import Calendar, from_millis
from inferops.metering.reports.pods import Span, read_pods
from inferops.metering.reports.prices import group_by_place, read_prices, write_money
from inferops.metering.reports.query import Query, write_moment
from inferops.metering.reports.tokens import AMOUNTS, MOST_ROWS, TOO_MANY, TokenSum, read_tokens


class Group(NamedTuple):
    """What one row is about."""

    bucket: int
    values: tuple[str, ...]
    currency: str


@dataclass
class Row:
    """What was used, and what it cost."""

    amounts: Counter[str] = field(default_factory=Counter)
    token_cost: Decimal = Decimal(0)
    replica_cost: Decimal = Decimal(0)

    def add(self, other: "Row") -> None:
        """Both together."""
        self.amounts.update(other.amounts)
        self.token_cost += other.token_cost
        self.replica_cost += other.replica_cost


Rows = dict[Group, Row]


def read_report(connection: Connection, query: Query, currency: str) -> dict[str, Any]:
    """The report, ready to be JSON; `currency` is that of what has no price. Raises ValueError for too many rows."""
    history = read_prices(connection)
    rows = read_token_rows(connection, query, currency, history)
    if query.has_pods:
        add_pods(rows, read_pods(connection, query, Calendar(query), group_by_place(history)), currency)
    if len(rows) > MOST_ROWS:
        raise ValueError(TOO_MANY)
    return show_report(rows, query, currency)


def read_token_rows(connection: Connection, query: Query, currency: str, history: Sequence[Price]) -> Rows:
    """Without the time of replicas."""
    rows, by_id = Rows(), {price.id: price for price in history}
    for each in read_tokens(connection, query, Calendar(query)):
        add_tokens(rows, each, by_id.get(each.price_id), currency)
    return rows


def add_pods(rows: Rows, spans: Mapping[Span, int], currency: str) -> None:
    """Time of replicas, at its prices."""
    for span, milliseconds in spans.items():
        row = find_row(rows, Group(span.bucket, span.values, span.price.currency if span.price else currency))
        row.amounts["replica_ms"] += milliseconds
        row.replica_cost += cost_of_replicas(span.price, milliseconds) if span.price else 0


def add_tokens(rows: Rows, each: TokenSum, price: Price | None, currency: str) -> None:
    """A sum at its price. A Model that says no price for anything is as one without."""
    row = find_row(rows, Group(each.bucket, each.values, price.currency if price else currency))
    row.amounts.update(each.amounts)
    if price:
        use = (each.amounts[name] for name in ("prompt", "completion", "audio_ms"))
        row.token_cost += cost_of_use(price, *use)
    if price is None or not has_price(price):
        row.amounts["unpriced"] += each.served


def has_price(price: Price) -> bool:
    """Whether it says what anything costs; that may be nothing."""
    said = (price.input_per_million_tokens, price.output_per_million_tokens, price.per_audio_minute)
    return any(each is not None for each in said)


def find_row(rows: Rows, group: Group) -> Row:
    """The group's, made where there is none yet."""
    return rows.setdefault(group, Row())


def show_report(rows: Rows, query: Query, currency: str) -> dict[str, Any]:
    """By time, then by dimensions; and all rows together, for each currency."""
    totals = {currency: Row()} if not rows else {}
    for group, row in rows.items():
        totals.setdefault(group.currency, Row()).add(row)
    return {
        "from": write_moment(query.start),
        "to": write_moment(query.end),
        "every": query.every,
        "rows": [show_group(group, query) | show_row(rows[group], group.currency, query) for group in sorted(rows)],
        "totals": [show_row(totals[each], each, query) for each in sorted(totals)],
    }


def show_group(group: Group, query: Query) -> dict[str, Any]:
    """What a row is about."""
    start = None if query.every == "total" else write_moment(from_millis(group.bucket))
    return {"start": start, **dict(zip(query.by, group.values, strict=True))}


def show_row(row: Row, currency: str, query: Query) -> dict[str, Any]:
    """Integers, and money as text. Replicas belong to no key: there is nothing to say of them by key."""
    return {
        **{name: row.amounts[name] for name in (*AMOUNTS, "unpriced")},
        "replica_ms": row.amounts["replica_ms"] if query.has_pods else None,
        "token_cost": write_money(row.token_cost),
        "replica_cost": write_money(row.replica_cost) if query.has_pods else None,
        "currency": currency,
    }
