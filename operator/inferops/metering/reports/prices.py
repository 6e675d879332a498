"""The history of prices, from the ledger's table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Connection, Row, select

from inferops.errors import nearest
from inferops.metering.ledger.tables import prices
from inferops.metering.prices import EXACT, Price
from inferops.metering.reports.calendar import from_millis
from inferops.metering.reports.query import write_moment

KINDS = ("Model", "Hardware")
AMOUNTS = ("input_per_million_tokens", "output_per_million_tokens", "per_audio_minute", "per_hour")


def read_prices(connection: Connection) -> list[Price]:
    """All, in the order in which they came into force."""
    return [read_price(row) for row in connection.execute(select(prices).order_by(prices.c.since, prices.c.id))]


def read_price(row: Row[tuple[object, ...]]) -> Price:
    """One row of the table."""
    columns = row._asdict()
    amounts = {name: None if columns[name] is None else Decimal(columns[name]) for name in AMOUNTS}
    return Price(**columns | amounts)


def group_by_place(history: Sequence[Price]) -> Mapping[tuple[str, str], Sequence[Price]]:
    """Those of hardware by name and region."""
    found: defaultdict[tuple[str, str], list[Price]] = defaultdict(list)
    for price in history:
        if price.kind == "Hardware":
            found[price.name, price.region].append(price)
    return found


def build_price_rows(history: Sequence[Price], params: Mapping[str, str]) -> list[dict[str, str | None]]:
    """What changed when, the newest last; `kind` and `name` choose. Raises ValueError."""
    kind, name = params.get("kind"), params.get("name")
    if kind and kind not in KINDS:
        raise ValueError(f'kind is "{kind}": nothing of that kind has a price.{nearest(kind, [*KINDS])}')
    return [show_price(price) for price in history if kind in (None, "", price.kind) and name in (None, "", price.name)]


def show_price(price: Price) -> dict[str, str | None]:
    """For programs: money is text. The first price of all counts from the beginning on, which has no moment."""
    amounts = {name: write_money(getattr(price, name)) for name in AMOUNTS}
    since = write_moment(from_millis(price.since)) if price.since else None
    named = {"kind": price.kind, "name": price.name, "region": price.region or None, "currency": price.currency}
    return {**named, "since": since, **amounts}


def write_money(amount: Decimal | None) -> str | None:
    """`0.000125`: never an exponent, no zeros that say nothing."""
    return None if amount is None else f"{amount.normalize(EXACT):f}"
