"""PURE: what a report is asked for, from the parameters of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from inferops.errors import nearest

Dimension = Literal["namespace", "key", "model", "instance", "region"]
Every = Literal["hour", "day", "month", "total"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
INTERVALS: tuple[Every, ...] = get_args(Every)
HOUR = timedelta(hours=1)
MOST_VALUES = 100
"""Of one filter."""


@dataclass(frozen=True)
class Query:
    """Of usage within `start` <= time < `end`, both whole hours in UTC."""

    start: datetime
    end: datetime
    by: tuple[Dimension, ...] = ()
    """A row for each combination of these; the order is that of DIMENSIONS."""
    every: Every = "total"
    filters: Mapping[Dimension, tuple[str, ...]] = field(default_factory=dict)
    """Only what has one of these values."""

    @property
    def has_pods(self) -> bool:
        """Whether replicas can be told apart so: they belong to instances, never to keys."""
        return "key" not in self.by and "key" not in self.filters


def parse_query(params: Mapping[str, str], now: datetime) -> Query:
    """From `from`, `to`, `by`, `every` and a filter for each dimension; what is absent is the current month (UTC) as
    one row. Raises ValueError that names the parameter, its value, and what would be right.
    """
    start = parse_moment("from", params["from"]) if params.get("from") else start_month(now)
    end = parse_moment("to", params["to"]) if params.get("to") else now
    start, end = floor_hour(start), ceil_hour(end)
    if start >= end:
        raise ValueError(f'from is "{write_moment(start)}": must be before to, which is "{write_moment(end)}"')
    return Query(start, end, parse_by(params.get("by", "")), parse_every(params.get("every")), parse_filters(params))


def parse_by(text: str) -> tuple[Dimension, ...]:
    """`model,key`."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    for name in sorted(names.difference(DIMENSIONS)):
        raise ValueError(f'by is "{name}": there is nothing to report by that name.{nearest(name, [*DIMENSIONS])}')
    return tuple(each for each in DIMENSIONS if each in names)


def parse_every(text: str | None) -> Every:
    """One of INTERVALS."""
    for each in INTERVALS:
        if each == (text or "total"):
            return each
    raise ValueError(f'every is "{text}": there is no such interval.{nearest(text or "", [*INTERVALS])}')


def parse_filters(params: Mapping[str, str]) -> dict[Dimension, tuple[str, ...]]:
    """`key=a,b`: what has either; `key=` is what no key was sent for."""
    filters: dict[Dimension, tuple[str, ...]] = {}
    for name in DIMENSIONS:
        if name in params:
            filters[name] = tuple(sorted({value.strip() for value in params[name].split(",")}))
            if len(filters[name]) > MOST_VALUES:
                raise ValueError(f"{name} has {len(filters[name])} values: at most {MOST_VALUES} in one request")
    return filters


def parse_moment(name: str, text: str) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)  # in a URL a + is a space
    except ValueError:
        moment = None
    if moment is None or not 1970 < moment.year < 9999:
        raise ValueError(f'{name} is "{text}": must be a date or a moment, such as 2030-01-31 or 2030-01-31T12:00:00Z')
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_moment(moment: datetime) -> str:
    """`2030-01-31T12:00:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def start_month(moment: datetime) -> datetime:
    """The first moment of its month, UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def floor_hour(moment: datetime) -> datetime:
    """The beginning of its hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def ceil_hour(moment: datetime) -> datetime:
    """The next beginning of an hour, or the moment itself."""
    floor = floor_hour(moment)
    return floor if floor == moment else floor + HOUR
