"""What a report is asked for, and the hours, days and months that it is about."""

import re
from datetime import UTC, datetime

import pytest

from inferops.metering.reports.calendar import Calendar, from_millis, to_millis
from inferops.metering.reports.query import Query, parse_query

NOW = datetime(2030, 3, 15, 10, 20, 30, tzinfo=UTC)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_parameters_it_is_the_current_month_as_one_row() -> None:
    assert parse_query({}, NOW) == Query(moment("2030-03-01"), moment("2030-03-15T11:00"))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2030-02-01", "2030-02-01"),
        ("2030-02-01T12:00", "2030-02-01T12:00"),
        ("2030-02-01T12:59:59Z", "2030-02-01T12:00"),
        ("2030-02-01T12:00:00+02:00", "2030-02-01T10:00"),
        ("2030-02-01T12:00:00 02:00", "2030-02-01T10:00"),
    ],
)
def test_a_moment_without_an_offset_is_utc_and_the_beginning_of_its_hour_counts(text: str, meant: str) -> None:
    assert parse_query({"from": text}, NOW).start == moment(meant)


def test_the_hour_in_which_it_ends_counts_whole() -> None:
    assert parse_query({"to": "2030-03-02T01:00:01Z"}, NOW).end == moment("2030-03-02T02:00")


def test_dimensions_come_in_one_order_and_filters_have_several_values() -> None:
    query = parse_query({"by": "region, key", "key": "b,a", "instance": ""}, NOW)
    assert query.by == ("key", "region")
    assert query.filters == {"key": ("a", "b"), "instance": ("",)}
    assert not query.has_pods


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"from": "yesterday"}, 'from is "yesterday": must be a date'),
        ({"to": "0001-01-01"}, 'to is "0001-01-01": must be a date'),
        ({"to": "9999-12-31T23:59:59Z"}, 'to is "9999-12-31T23:59:59Z": must be a date'),
        ({"from": "2030-03-02", "to": "2030-03-01"}, "must be before to"),
        ({"by": "keys"}, 'by is "keys": there is nothing to report by that name. Did you mean "key"?'),
        ({"every": "week"}, 'every is "week": there is no such interval'),
        ({"key": ",".join(map(str, range(101)))}, "key has 101 values: at most 100"),
    ],
)
def test_what_makes_no_sense_is_named(params: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_query(params, NOW)


@pytest.mark.parametrize(
    ("every", "starts"),
    [
        ("total", ["2030-01-31T05:00"]),
        ("month", ["2030-01-01", "2030-02-01", "2030-03-01"]),
        ("day", ["2030-01-31", "2030-02-01"]),
        ("hour", ["2030-01-31T05:00", "2030-01-31T06:00"]),
    ],
)
def test_buckets_begin_where_hours_days_and_months_of_utc_do(every: str, starts: list[str]) -> None:
    query = parse_query({"from": "2030-01-31T05:00", "to": "2030-03-02", "every": every}, NOW)
    found = [from_millis(start) for start in Calendar(query).starts]
    assert found[: len(starts)] == [moment(start) for start in starts]


def test_an_interval_is_split_where_buckets_end() -> None:
    query = parse_query({"from": "2030-01-31", "to": "2030-03-01", "every": "month"}, NOW)
    january, february = (to_millis(moment(each)) for each in ("2030-01-01", "2030-02-01"))
    calendar = Calendar(query)
    assert list(calendar.split(february - 5, february + 7)) == [
        (january, february - 5, february),
        (february, february, february + 7),
    ]
    assert calendar.find(february - 1) == january
    assert calendar.find(february) == february


def test_too_many_buckets_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 10000"):
        Calendar(parse_query({"from": "2020-01-01", "every": "hour"}, NOW))
