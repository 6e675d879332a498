"""What a meter delivers -> the database, each request once: the records and what they add to the sums of hours and
minutes are one transaction, and what was there already adds nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson
from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from inferops.metering.ledger.database import is_postgresql, writing
from inferops.metering.ledger.moments import to_ms
from inferops.metering.ledger.pricing import Pricing, read_pricing
from inferops.metering.ledger.rows import MINUTE_SUMS, SUMS, Row, build_row, sum_hours, sum_minutes
from inferops.metering.ledger.tables import hours, minutes, records, unreadable
from inferops.metering.record import Record, parse_record

LONGEST_LINE = 65_536
"""Characters that are kept of a line that is no record."""
LONGEST_REASON = 300
INSERT_JSON = text(
    "INSERT INTO records SELECT * FROM json_populate_recordset(CAST(NULL AS records), CAST(:rows AS json))"
    " ON CONFLICT (id) DO NOTHING RETURNING id"
)
"""One parameter in place of twenty for each record: a sixth of the CPU."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no record, and why."""

    line: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a meter sent at once."""

    meter: str
    now: int
    records: Sequence[Record]
    """Each once, by id: writers that take locks in one order never wait for each other in a circle."""
    unreadable: Sequence[Unreadable]
    repeated: int = 0
    """Lines that tell of a record once more."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a delivery: new ones, those that were there, those that are none."""

    stored: int
    known: int
    unreadable: int
    new: tuple[Row, ...] = field(default=(), compare=False, repr=False)
    """Rows of the first."""


def read_delivery(body: bytes, meter: str, now: int, oldest: int) -> Delivery:
    """NDJSON. A record from before `oldest` is one that nobody could tell from a known one any more: retention may have
    taken that away.
    """
    found: dict[str, Record] = {}
    rest = list[Unreadable]()
    for line in (given := [line for line in body.split(b"\n") if line]):
        try:
            record = parse_record(line)
        except ValueError as error:
            rest.append(Unreadable(line, str(error)))
            continue
        if to_ms(record.time) < oldest:
            rest.append(Unreadable(line, "older than the records that are kept"))
        else:
            found.setdefault(record.id, record)
    repeated = len(given) - len(found) - len(rest)
    return Delivery(meter, now, [found[name] for name in sorted(found)], rest, repeated)


def store_delivery(engine: Engine, delivery: Delivery, served: Mapping[str, str]) -> Stored:
    """`served` has Models by the names that requests carry. Raises sqlalchemy.exc.DBAPIError: then nothing is stored,
    or, of a delivery with a record that the database refuses, a part.
    """
    try:
        with writing(engine) as connection:
            return write_delivery(connection, delivery, served)
    except (DataError, IntegrityError, OverflowError, TypeError) as error:
        return store_halves(engine, delivery, served, error)


def store_halves(engine: Engine, delivery: Delivery, served: Mapping[str, str], error: Exception) -> Stored:
    """One record that no database takes must not hold up all others for ever: it is found, and put aside."""
    if not delivery.records:
        raise error
    if len(delivery.records) == 1:
        line = repr(delivery.records[0]).encode()
        refused = Unreadable(line, f"the database refuses it: {type(error).__name__}")
        parts = [replace(delivery, records=[], unreadable=[*delivery.unreadable, refused])]
    else:
        middle = len(delivery.records) // 2
        parts = [
            replace(delivery, records=delivery.records[:middle]),
            Delivery(delivery.meter, delivery.now, delivery.records[middle:], []),
        ]
    done = [store_delivery(engine, part, served) for part in parts]
    new = tuple(row for each in done for row in each.new)
    return Stored(len(new), sum(each.known for each in done), sum(each.unreadable for each in done), new)


def write_delivery(connection: Connection, delivery: Delivery, served: Mapping[str, str]) -> Stored:
    """Within the caller's transaction."""
    pricing = read_pricing(connection, delivery.records, served)
    rows = [build_priced(record, pricing, delivery.meter) for record in delivery.records]
    ids = insert_records(connection, rows)
    new = tuple(row for row in rows if row["id"] in ids)
    add_sums(connection, hours, SUMS, sum_hours(new))
    add_sums(connection, minutes, MINUTE_SUMS, sum_minutes(new))
    keep_unreadable(connection, delivery)
    return Stored(len(new), len(rows) - len(new) + delivery.repeated, len(delivery.unreadable), new)


def build_priced(record: Record, pricing: Pricing, meter: str) -> Row:
    """With the price of its own time. One that nobody had a key for belongs to the instance's namespace."""
    namespace, price_id = pricing.find(record)
    return build_row(record, record.namespace or namespace, price_id, meter)


def insert_records(connection: Connection, rows: list[Row]) -> set[str]:
    """The ids of those that were not there."""
    if not rows:
        return set()
    if is_postgresql(connection):
        return set(connection.scalars(INSERT_JSON, {"rows": orjson.dumps(rows).decode()}))
    statement = sqlite.insert(records).on_conflict_do_nothing(index_elements=["id"])
    return set(connection.scalars(statement.returning(records.c.id), rows))


def add_sums(connection: Connection, table: Table, names: Sequence[str], sums: list[Row]) -> None:
    """Into those that are there."""
    if sums:
        statement = dialect_insert(connection)(table)
        grown = {name: table.c[name] + statement.excluded[name] for name in names}
        connection.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=grown), sums)


def keep_unreadable(connection: Connection, delivery: Delivery) -> None:
    """Once each, however often they come."""
    rows = [build_unreadable(delivery, each) for each in delivery.unreadable]
    if rows:
        insert_new(connection, rows)


def insert_new(connection: Connection, rows: Iterable[Row]) -> None:
    """Lines that are kept already stay as they are."""
    statement = dialect_insert(connection)(unreadable).on_conflict_do_nothing(index_elements=["digest"])
    connection.execute(statement, sorted(rows, key=lambda row: row["digest"]))


def build_unreadable(delivery: Delivery, each: Unreadable) -> Row:
    """As much of it as a database takes: PostgreSQL has no NUL."""
    line = each.line[:LONGEST_LINE].decode(errors="replace").replace("\0", "�")
    reason = each.reason[:LONGEST_REASON].encode(errors="replace").decode().replace("\0", "�")
    digest = hashlib.sha256(each.line).hexdigest()
    return {"digest": digest, "time": delivery.now, "meter": delivery.meter, "reason": reason, "line": line}


def dialect_insert(connection: Connection) -> type[postgresql.Insert] | type[sqlite.Insert]:
    """INSERT with ON CONFLICT, which both databases have and SQL has not."""
    return postgresql.Insert if is_postgresql(connection) else sqlite.Insert
