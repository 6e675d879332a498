"""Which price each record has: that of its instance's Model which was in force when the request began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from inferops.metering.ledger.moments import to_ms
from inferops.metering.ledger.tables import NO_PRICE, instances, prices
from inferops.metering.prices import Price, price_at
from inferops.metering.record import Record


@dataclass(frozen=True, slots=True)
class Serving:
    """What an instance was, from `since` on."""

    since: int
    namespace: str
    model: str


@dataclass(frozen=True)
class Pricing:
    """Histories of the instances and Models that some records are about."""

    served: Mapping[str, str]
    """Models by the names that requests carry, for records of an instance that was never seen."""
    servings: dict[str, list[Serving]] = field(default_factory=dict)
    prices: dict[str, list[Price]] = field(default_factory=dict)

    def find(self, record: Record) -> tuple[str, int]:
        """Namespace of the instance (empty where nobody knows it) and id of the price."""
        time = to_ms(record.time)
        serving = serving_at(self.servings.get(record.instance, ()), time)
        model = serving.model if serving else self.served.get(record.model, "")
        price = price_at(self.prices.get(model, ()), time)
        return serving.namespace if serving else "", price.id if price else NO_PRICE


def serving_at(history: Sequence[Serving], time: int) -> Serving | None:
    """The one that held then."""
    return next((each for each in reversed(history) if each.since <= time), None)


def read_pricing(connection: Connection, found: Sequence[Record], served: Mapping[str, str]) -> Pricing:
    """For these records."""
    ids, names = {record.instance for record in found}, set[str]()
    pricing = Pricing(served)
    query = select(instances).where(instances.c.id.in_(ids)).order_by(instances.c.id, instances.c.since)
    for instance, rows in groupby(connection.execute(query).mappings(), lambda row: row["id"]):
        pricing.servings[instance] = [Serving(row["since"], row["namespace"], row["model"]) for row in rows]
        names |= {each.model for each in pricing.servings[instance]}
    names |= {served[record.model] for record in found if record.model in served}
    wanted = prices.c.kind == "Model", prices.c.name.in_(names)
    query = select(prices).where(*wanted).order_by(prices.c.name, prices.c.since, prices.c.id)
    for name, rows in groupby(connection.execute(query).mappings(), lambda row: row["name"]):
        pricing.prices[name] = [build_price(row) for row in rows]
    return pricing


NAMES = ("id", "kind", "name", "region", "since", "version", "currency")
AMOUNTS = ("input_per_million_tokens", "output_per_million_tokens", "per_audio_minute", "per_hour")


def build_price(row: RowMapping | Mapping[str, Any]) -> Price:
    """From a row of `prices`."""
    amounts = {name: None if row[name] is None else Decimal(row[name]) for name in AMOUNTS}
    fields: dict[str, Any] = {name: row[name] for name in NAMES} | amounts
    return Price(**fields)
