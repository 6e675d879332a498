"""How usage, spend and prices look in tables: amounts below each other, money to four places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from inferops.cli.remote.output import Column
from inferops.rest.usage import Dimension, Every, UsageReport, UsageRow

PLACES = Decimal("0.0001")
STARTS: dict[Every, str] = {"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d", "month": "%Y-%m"}
SECONDS_OF_HOUR = 3600


@dataclass(frozen=True)
class Line:
    """A row of the table; the sum of all rows is one too."""

    row: UsageRow
    total: bool = False


def write_money(amount: Decimal | None) -> str | None:
    """For people: what is exact stands in JSON and CSV."""
    return None if amount is None else f"{amount.quantize(PLACES, ROUND_HALF_UP):,f}"


def write_hours(seconds: Decimal | None) -> str | None:
    """Of replicas."""
    return None if seconds is None else f"{seconds / SECONDS_OF_HOUR:,.2f}"


def choose_columns(report: UsageReport, by: Sequence[Dimension]) -> list[Column]:
    """What was asked for comes first; what nothing has is left out, so that a line fits."""
    rows = [*report.rows, *report.totals]
    return [*build_heads(report.every, by), *(column for column in AMOUNTS if column.title in find_titles(rows))]


def build_heads(every: Every, by: Sequence[Dimension]) -> Iterator[Column]:
    """Time and dimensions; the first one says which line is the sum."""
    names: list[Dimension | str] = ["start", *by] if every != "total" else [*by]
    for place, name in enumerate(names):

        def read(line: Line, name: str = name, place: int = place) -> str:
            if line.total:
                return " " if place else "TOTAL"
            value = getattr(line.row, name)
            return f"{value:{STARTS[every]}}" if name == "start" else value or "-"

        yield Column("TIME" if name == "start" else name.upper(), read)


def find_titles(rows: Sequence[UsageRow]) -> set[str]:
    """Of columns that say something."""
    optional = {
        "ERRORS": any(row.errors for row in rows),
        "UNKNOWN": any(row.unknown for row in rows),
        "BROKEN": any(row.broken for row in rows),
        "CACHED": any(row.cached_tokens for row in rows),
        "REASONING": any(row.reasoning_tokens for row in rows),
        "AUDIO MIN": any(row.audio_seconds for row in rows),
        "IMAGES": any(row.images for row in rows),
        "UNPRICED": any(row.unpriced for row in rows),
        "REPLICA H": any(row.replica_seconds is not None for row in rows),
        "REPLICA COST": any(row.replica_cost is not None for row in rows),
    }
    return {column.title for column in AMOUNTS if optional.get(column.title, True)}


AMOUNTS = (
    Column("REQUESTS", lambda line: f"{line.row.requests:,}", right=True),
    Column("ERRORS", lambda line: f"{line.row.errors:,}", right=True),
    Column("UNKNOWN", lambda line: f"{line.row.unknown:,}", right=True),
    Column("BROKEN", lambda line: f"{line.row.broken:,}", right=True),
    Column("PROMPT", lambda line: f"{line.row.prompt_tokens:,}", right=True),
    Column("CACHED", lambda line: f"{line.row.cached_tokens:,}", right=True),
    Column("COMPLETION", lambda line: f"{line.row.completion_tokens:,}", right=True),
    Column("REASONING", lambda line: f"{line.row.reasoning_tokens:,}", right=True),
    Column("AUDIO MIN", lambda line: f"{line.row.audio_seconds / 60:,.2f}", right=True),
    Column("IMAGES", lambda line: f"{line.row.images:,}", right=True),
    Column("UNPRICED", lambda line: f"{line.row.unpriced:,}", right=True),
    Column("TOKEN COST", lambda line: write_money(line.row.token_cost), right=True),
    Column("REPLICA H", lambda line: write_hours(line.row.replica_seconds), right=True),
    Column("REPLICA COST", lambda line: write_money(line.row.replica_cost), right=True),
    Column("CURRENCY", lambda line: line.row.currency_code),
)
SPEND_COLUMNS = (
    Column("SPENT", lambda each: each[0]),
    Column("TOKEN COST", lambda each: write_money(each[1].token_cost), right=True),
    Column("REPLICA COST", lambda each: write_money(each[1].replica_cost), right=True),
    Column("UNKNOWN", lambda each: f"{each[1].unknown:,}", right=True),
    Column("CURRENCY", lambda each: each[2]),
)
BUDGET_COLUMNS = (
    Column("KEY", lambda each: each.key),
    Column("SPENT", lambda each: write_money(each.spent), right=True),
    Column("OF", lambda each: write_money(each.amount), right=True),
    Column("USED", lambda each: f"{each.spent / each.amount:.0%}" if each.amount else None, right=True),
    Column("ANEW", lambda each: f"{each.until:%Y-%m-%d}"),
)
PRICE_COLUMNS = (
    Column("KIND", lambda each: each.kind),
    Column("NAME", lambda each: each.name),
    Column("REGION", lambda each: each.region),
    Column("SINCE", lambda each: f"{each.since:%Y-%m-%d %H:%M}" if each.since else "the beginning"),
    Column("1M PROMPT", lambda each: write_price(each.input_per_million_tokens), right=True),
    Column("1M COMPLETION", lambda each: write_price(each.output_per_million_tokens), right=True),
    Column("AUDIO MIN", lambda each: write_price(each.per_audio_minute), right=True),
    Column("HOUR", lambda each: write_price(each.per_hour), right=True),
    Column("CURRENCY", lambda each: each.currency_code),
)


def write_price(price: Decimal | None) -> str | None:
    """As it was set."""
    return None if price is None else f"{price:f}"
