"""What things cost and which Model an instance is, as the cluster says it now -> histories in the database.

Any replica of the ledger may write them: a state that is known is not written again, and one that is older than the
last known is not written at all.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, insert, select, tuple_

from inferops.errors import SpecError
from inferops.metering.ledger.database import lock
from inferops.metering.ledger.pricing import AMOUNTS
from inferops.metering.ledger.tables import instances, prices
from inferops.metering.prices import EXACT
from inferops.names import Manifest, instance_id
from inferops.specs.base import Spec, read_spec
from inferops.specs.catalog import HardwareSpec, ModelSpec, RegionSpec, served_name
from inferops.specs.instance import InstanceSpec

SpecT = TypeVar("SpecT", bound=Spec)
Row = dict[str, Any]
Find = Callable[[str, str], Manifest | None]
"""An object of the cluster by its kind and name."""
PRICE_KEY, INSTANCE_KEY = ("kind", "name", "region"), ("id",)


def version_of(*objects: Manifest) -> str:
    """Greater when one of them is newer: also when it was made anew under its name."""
    parts = (
        f"{obj['metadata'].get('creationTimestamp', '')}/{obj['metadata'].get('generation', 0):012}" for obj in objects
    )
    return " ".join(parts)


def plan_prices(
    models: Iterable[Manifest], hardwares: Iterable[Manifest], regions: Iterable[Manifest], currency: str
) -> list[Row]:
    """What everything costs now. What does not parse keeps the price that it had."""
    blank: Row = {"currency": currency, "region": ""} | dict.fromkeys(AMOUNTS)
    rows = [
        blank
        | {"kind": "Model", "name": obj["metadata"]["name"], "version": version_of(obj)}
        | (spec.prices.model_dump(exclude_none=True) if spec.prices else {})
        for obj, spec in parse(models, ModelSpec)
    ]
    places = list(parse(regions, RegionSpec))
    for obj, spec in parse(hardwares, HardwareSpec):
        rows += [
            blank
            | {"kind": "Hardware", "name": obj["metadata"]["name"], "region": region["metadata"]["name"]}
            | {"version": version_of(obj, region)}
            | {"per_hour": multiply(spec.price_per_hour, place.price_factor)}
            for region, place in places
        ]
    return rows


def multiply(price: str, factor: str) -> str:
    """Exact, without an exponent."""
    return f"{EXACT.multiply(Decimal(price), Decimal(factor)):f}"


def plan_instance(obj: Manifest, find: Find) -> Row | None:
    """Of `instances`; None where it does not parse."""
    for _, spec in parse([obj], InstanceSpec):
        namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
        model = read_model(find, spec.model)
        return {
            "id": instance_id(namespace, name),
            "version": version_of(obj),
            "namespace": namespace,
            "name": name,
            "model": spec.model or "",
            "hardware": spec.hardware or (model and model.default_hardware) or "",
        }
    return None


def read_model(find: Find, name: str | None) -> ModelSpec | None:
    """The Model of that name, where there is one that parses."""
    obj = find("Model", name) if name else None
    return next((spec for _, spec in parse([obj] if obj else [], ModelSpec)), None)


def plan_served(models: Iterable[Manifest]) -> dict[str, str]:
    """Names of Models by the names that requests carry, where only one Model has that."""
    found: dict[str, list[str]] = {}
    for obj, spec in parse(models, ModelSpec):
        found.setdefault(served_name(obj["metadata"]["name"], spec), []).append(obj["metadata"]["name"])
    return {served: names[0] for served, names in found.items() if len(names) == 1}


def parse(objects: Iterable[Manifest], model: type[SpecT]) -> Iterator[tuple[Manifest, SpecT]]:
    """Those that do."""
    for obj in objects:
        try:
            yield obj, read_spec(model, obj)
        except SpecError:
            continue


def write_prices(connection: Connection, rows: list[Row], now: int) -> int:
    """Those that changed; how many. The first price of a thing holds since ever."""
    lock(connection, "catalog")
    return write_changes(connection, prices, PRICE_KEY, rows, now)


def write_instances(connection: Connection, rows: list[Row], now: int) -> int:
    """As prices. Where several instances have one id (control serves the eldest), one row stands for them."""
    lock(connection, "catalog")
    eldest = {row["id"]: row for row in sorted(rows, key=lambda row: row["version"], reverse=True)}
    return write_changes(connection, instances, INSTANCE_KEY, list(eldest.values()), now)


def write_changes(connection: Connection, table: Table, key: tuple[str, ...], rows: list[Row], now: int) -> int:
    """Rows that say something else than the last one of their key, and nothing older."""
    last = read_last(connection, table, key)
    changed = list[Row]()
    for row in rows:
        before = last.get(tuple(row[name] for name in key))
        if before is None:
            changed.append(row | {"since": 0})
        elif row["version"] >= before["version"] and differs(row, before):
            changed.append(row | {"since": max(now, before["since"] + 1)})
    if changed:
        connection.execute(insert(table), changed)
    return len(changed)


def differs(row: Row, before: Row) -> bool:
    """In what it says, not in when it was said."""
    return any(before[name] != value for name, value in row.items() if name != "version")


def read_last(connection: Connection, table: Table, key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    """The rows that are in force, by their keys."""
    columns = [table.c[name] for name in key]
    newest = select(*columns, func.max(table.c.since)).group_by(*columns)
    query = select(table).where(tuple_(*columns, table.c.since).in_(newest))
    return {tuple(row[name] for name in key): dict(row) for row in connection.execute(query).mappings()}
