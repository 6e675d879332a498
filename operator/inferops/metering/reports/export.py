"""Everything that the ledger has of a time, a page at a time: no page holds the database while its reader is slow.

A page begins after the last row of the one before (keyset), so that none comes twice, and none is looked for twice.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Table, func, select, tuple_

from inferops.errors import nearest
from inferops.metering.ledger.database import reading
from inferops.metering.ledger.tables import hours, records, replicas
from inferops.metering.prices import Price, cost_of_replicas, cost_of_use
from inferops.metering.reports.calendar import from_millis, to_millis
from inferops.metering.reports.pods import Histories, split_prices
from inferops.metering.reports.prices import group_by_place, read_prices, write_money
from inferops.metering.reports.query import Query
from inferops.rest.base import write_moment

PAGE = 2000
Shape = Literal["csv", "jsonl"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
TYPES: Mapping[Shape, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
MOMENTS = frozenset({"time", "hour", "started", "ended", "last_seen"})
Line = dict[str, Any]


class Prices(NamedTuple):
    """What rows are priced by."""

    by_id: Mapping[int, Price]
    histories: Histories


class Source(NamedTuple):
    """A table as it is exported."""

    table: Table
    order: tuple[str, ...]
    """Columns that tell rows apart; the first is a time."""
    end: ColumnElement[int]
    """When a row ends; rows without length begin and end at once."""
    add_cost: Callable[[Line, Prices, Query], None]


def add_token_cost(line: Line, prices: Prices, _: Query) -> None:
    """By the price of the row; empty where there was none in force."""
    price = prices.by_id.get(line["price_id"])
    amounts = (line[name] or 0 for name in ("prompt", "completion", "audio_ms"))
    line["token_cost"] = write_money(cost_of_use(price, *amounts)) if price else None
    line["currency"] = price.currency if price else None


def add_replica_cost(line: Line, prices: Prices, query: Query) -> None:
    """Of the part of the interval within the time that is asked for: its milliseconds, and what each price makes."""
    start = max(line["started"], to_millis(query.start))
    end = min(line["ended"] or line["last_seen"], to_millis(query.end))
    history = prices.histories.get((line["hardware"], line["region"]), ())
    parts = [(price, each) for price, each in split_prices(history, start, end) if price]
    line["ms"] = max(end - start, 0)
    line["replica_cost"] = write_money(sum((cost_of_replicas(*part) for part in parts), Decimal(0))) if parts else None
    line["currency"] = parts[-1][0].currency if parts else None


SOURCES: Mapping[str, Source] = {
    "records": Source(records, ("time", "id"), records.c.time, add_token_cost),
    "hours": Source(hours, tuple(column.name for column in hours.primary_key), hours.c.hour, add_token_cost),
    "replicas": Source(
        replicas, ("started", "uid"), func.coalesce(replicas.c.ended, replicas.c.last_seen), add_replica_cost
    ),
}


def parse_shape(text: str | None) -> Shape:
    """`csv` unless it says otherwise. Raises ValueError."""
    for each in SHAPES:
        if each == (text or "csv"):
            return each
    raise ValueError(f'format is "{text}": there is no such format.{nearest(text or "", [*SHAPES])}')


def find_source(text: str | None, query: Query) -> Source:
    """`hours` unless it says otherwise. Raises ValueError."""
    name = text or "hours"
    if name not in SOURCES:
        raise ValueError(f'what is "{name}": there is nothing by that name to export.{nearest(name, [*SOURCES])}')
    if name == "replicas" and "key" in query.filters:
        raise ValueError("key: replicas belong to instances, not to keys: leave it out")
    return SOURCES[name]


def read_export(engine: Engine, source: Source, query: Query, shape: Shape) -> Iterator[bytes]:
    """The whole text in parts of a page each; without a row a CSV still has its head."""
    with reading(engine) as connection:
        history = read_prices(connection)
    prices = Prices({price.id: price for price in history}, group_by_place(history))
    if shape == "csv":
        yield write_csv([name_columns(source)])
    last: Sequence[Any] | None = None
    while True:
        with reading(engine) as connection:
            lines = read_page(connection, source, query, last)
        if not lines:
            return
        last = [lines[-1][name] for name in source.order]
        for line in lines:
            source.add_cost(line, prices, query)
            write_values(line)
        if shape == "csv":
            yield write_csv([line.values() for line in lines])
        else:
            yield b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def name_columns(source: Source) -> list[str]:
    """The head of a CSV."""
    names = [column.name for column in source.table.columns]
    return [*names, *(("ms", "replica_cost") if source.table is replicas else ("token_cost",)), "currency"]


def read_page(connection: Connection, source: Source, query: Query, last: Sequence[Any] | None) -> list[Line]:
    """The rows after `last`, by time."""
    columns = source.table.c
    key = [columns[name] for name in source.order]
    start, end = to_millis(query.start), to_millis(query.end)
    since = source.end >= start if source.end is key[0] else source.end > start
    statement = select(source.table).where(since, key[0] < end).order_by(*key).limit(PAGE)
    statement = statement.where(*(columns[name].in_(values) for name, values in query.filters.items()))
    if last is not None:
        statement = statement.where(key[0] >= last[0], tuple_(*key) > tuple_(*last))
    names = [str(column.name) for column in columns]
    return [dict(zip(names, row, strict=True)) for row in connection.execute(statement)]


def write_values(line: Line) -> None:
    """Moments as RFC 3339."""
    for name in MOMENTS & line.keys():
        line[name] = None if line[name] is None else write_moment(from_millis(line[name]))


def write_csv(rows: Sequence[Any]) -> bytes:
    """RFC 4180; what nobody knows is empty."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
