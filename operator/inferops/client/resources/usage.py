"""What was used, and what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from inferops.client.call import Call, build_params, one, several
from inferops.client.operation import ClientT_co, Download, Operation, Resource
from inferops.rest.usage import Dimension, Every, PriceChange, SpendNow, UsageReport

Moment = str | date
"""A datetime, a date, or either as text; without an offset it is UTC."""
Names = str | Sequence[str] | None
"""One, or several of them."""


@dataclass(frozen=True)
class Only:
    """What alone is asked for; `key=""` is what was used without one."""

    key: Names = None
    model: Names = None
    instance: Names = None
    region: Names = None


EVERYTHING = Only()


def get_usage(
    by: Sequence[Dimension] = (),
    every: Every = "total",
    start: Moment | None = None,
    end: Moment | None = None,
    only: Only = EVERYTHING,
) -> Call[UsageReport]:
    """A row for each combination of `by` in each hour, day or month (UTC) of `start` <= time < `end`; without them of
    this month until now. Raises Invalid, also for more than 10,000 rows.
    """
    params = build_filters(start, end, only) | build_params(by=join(by) or None, every=every)
    return Call("GET", "/usage", one(UsageReport), params, repeatable=True)


def export_usage(
    what: Literal["records", "hours", "replicas"] = "hours",
    format: Literal["csv", "jsonl"] = "csv",  # noqa: A002 - its name in the API
    start: Moment | None = None,
    end: Moment | None = None,
    only: Only = EVERYTHING,
) -> Call[bytes]:
    """Everything of a time in pieces, as they come. Raises Unreachable where they break off."""
    params = build_filters(start, end, only) | build_params(what=what, format=format)
    return Call("GET", "/usage/export", bytes, params)


def list_prices(kind: Literal["Model", "Hardware"] | None = None, name: str | None = None) -> Call[list[PriceChange]]:
    """Which price was in force since when."""
    return Call("GET", "/usage/prices", several(PriceChange), build_params(kind=kind, name=name), repeatable=True)


def get_spend() -> Call[SpendNow]:
    """Today's and this month's, and what is left of budgets."""
    return Call("GET", "/spend", one(SpendNow), repeatable=True)


def build_filters(start: Moment | None, end: Moment | None, only: Only) -> dict[str, str]:
    """`from` is no name in Python."""
    named = {name: join(value) for name, value in vars(only).items() if value is not None}
    times = {"from": write_time(start), "to": write_time(end)}
    return named | {name: text for name, text in times.items() if text}


def join(names: str | Sequence[str]) -> str:
    """`a,b`."""
    return names if isinstance(names, str) else ",".join(names)


def write_time(moment: Moment | None) -> str | None:
    """ISO 8601."""
    return moment.isoformat() if isinstance(moment, date) else moment


class Usage(Resource[ClientT_co]):
    """Usage of the namespace."""

    report = Operation(get_usage)
    export = Download(export_usage)
    prices = Operation(list_prices)
    spend = Operation(get_spend)
