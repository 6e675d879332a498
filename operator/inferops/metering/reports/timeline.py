"""What an instance did in the last hours, step by step: replicas, requests, and those that waited for a replica.

Steps are shorter than the hours of reports: whole minutes are read from sums of their own, others from single records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, case, func, select

from inferops.metering.ledger.replicas import LOST_MS
from inferops.metering.ledger.rows import ERROR_STATUS
from inferops.metering.ledger.tables import MINUTE_MS, minutes, records, replicas
from inferops.metering.reports.calendar import from_millis, to_millis
from inferops.metering.reports.query import parse_moment, write_moment

HOURS = timedelta(hours=6)
"""What is shown where nobody says since when."""
STEP, SHORTEST, LONGEST = 60, 10, 3600
"""Seconds."""
MOST_STEPS = 1440
"""A day by the minute."""
COMPACT_DATE = len("20300131")
"""Digits alone that are a moment, and no seconds."""
Interval = tuple[int, int]
"""First millisecond, and the first that is none of it."""


@dataclass(frozen=True)
class Window:
    """Steps of one instance; times are milliseconds since 1970."""

    instance: str
    start: int
    step: int
    count: int
    now: int

    @property
    def end(self) -> int:
        """The first millisecond after the last step."""
        return self.start + self.step * self.count


def parse_window(params: Mapping[str, str], now: datetime) -> Window:
    """From `instance`, `from` (a moment, or seconds before `to`), `to` and `step` (seconds). Raises ValueError that
    names the parameter and its mend.
    """
    if not (instance := params.get("instance", "")):
        raise ValueError("instance must be the id of an instance")
    end = parse_moment("to", params["to"]) if params.get("to") else now
    start = parse_start(params.get("from", ""), end)
    step = parse_step(params.get("step") or str(STEP)) * 1000
    first, last = to_millis(start) // step, -(-to_millis(end) // step)
    if first >= last:
        raise ValueError(f'from is "{write_moment(start)}": must be before to, which is "{write_moment(end)}"')
    if last - first > MOST_STEPS:
        raise ValueError(f"step is {step // 1000}: at most {MOST_STEPS} at once, ask for longer ones or less time")
    return Window(instance, first * step, step, last - first, to_millis(now))


def parse_start(text: str, end: datetime) -> datetime:
    """Six hours before the end unless it says otherwise."""
    if text.isascii() and text.isdecimal() and len(text) < COMPACT_DATE:
        return end - timedelta(seconds=int(text))
    return parse_moment("from", text) if text else end - HOURS


def parse_step(text: str) -> int:
    """Seconds."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and SHORTEST <= int(text) <= LONGEST):
        raise ValueError(f'step is "{text}": must be whole seconds from {SHORTEST} to {LONGEST}')
    return int(text)


def read_timeline(connection: Connection, window: Window) -> dict[str, Any]:
    """The timeline, ready to be JSON: a number for each step, by region where there is one."""
    pods = read_pods(connection, window)
    requests, errors = read_requests(connection, window)
    return {
        "from": write_moment(from_millis(window.start)),
        "to": write_moment(from_millis(window.end)),
        "step": window.step // 1000,
        "requests": [sum(each) for each in zip([0] * window.count, *requests.values(), strict=True)],
        "errors": errors,
        "held": count_at_once(window, read_held(connection, window)),
        "regions": [
            {
                "region": region,
                "replicas": count_at_once(window, pods.get(region, ())),
                "requests": requests.get(region, [0] * window.count),
            }
            for region in sorted({*pods, *requests} - {""})
        ],
    }


def read_pods(connection: Connection, window: Window) -> dict[str, list[Interval]]:
    """By region. What still runs was last seen up to a minute ago, and is there now."""
    ended = func.coalesce(replicas.c.ended, replicas.c.last_seen)
    statement = (
        select(replicas.c.region, replicas.c.started, replicas.c.ended, replicas.c.last_seen)
        .where(replicas.c.instance == window.instance, replicas.c.started < window.end)
        .where(ended > window.start - LOST_MS)
    )
    found: dict[str, list[Interval]] = {}
    for region, started, end, seen in connection.execute(statement):
        lost = window.now - seen > LOST_MS
        found.setdefault(region, []).append((started, end or (seen if lost else max(window.now, seen))))
    return found


def read_requests(connection: Connection, window: Window) -> tuple[dict[str, list[int]], list[int]]:
    """How many began in each step, by the region that answered; and how many of all were answered with an error."""
    requests: dict[str, list[int]] = {}
    errors = [0] * window.count
    for region, step, count, failed in connection.execute(build_counts(window)):
        requests.setdefault(region, [0] * window.count)[step] += int(count)
        errors[step] += int(failed)
    return requests, errors


def build_counts(window: Window) -> Select[Any]:
    """Region, step, requests and errors: steps of whole minutes from the sums of minutes, others from records."""
    counts: tuple[ColumnElement[Any], ColumnElement[Any]]
    if window.step % MINUTE_MS:
        failed = func.sum(case((records.c.status >= ERROR_STATUS, 1), else_=0))
        time, counts = records.c.time, (func.count(), failed)
    else:
        time, counts = minutes.c.minute, (func.sum(minutes.c.requests), func.sum(minutes.c.errors))
    step = ((time - window.start) // window.step).label("step")
    return select(time.table.c.region, step, *counts).where(*within(window, time)).group_by(time.table.c.region, step)


def read_held(connection: Connection, window: Window) -> Sequence[Interval]:
    """When requests waited for a replica."""
    held = records.c.held_ms.is_not(None)
    statement = select(records.c.time, records.c.held_ms).where(*within(window, records.c.time), held)
    return [(time, time + waited) for time, waited in connection.execute(statement)]


def within(window: Window, time: Column[Any]) -> tuple[ColumnElement[bool], ...]:
    """Rows of the instance; `time` is the column that tells theirs."""
    return time >= window.start, time < window.end, time.table.c.instance == window.instance


def count_at_once(window: Window, intervals: Iterable[Interval]) -> list[int]:
    """In each step, how many intervals there were at most at the same time."""
    parts = [(max(start, window.start), min(end, window.end)) for start, end in intervals]
    changes = [change for start, end in parts if start < end for change in ((start, 1), (end, -1))]
    most, level, since = [0] * window.count, 0, window.start
    for time, change in sorted(changes):  # where one ends as another begins, the end comes first
        for index in range((since - window.start) // window.step, -(-(time - window.start) // window.step)):
            most[index] = max(most[index], level)
        level, since = level + change, time
    return most
