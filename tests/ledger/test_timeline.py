"""Timelines, reckoned by hand: the same on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from inferops.metering.reports.timeline import Window, count_at_once, parse_window, read_timeline
from inferops.names import instance_id
from tests.support.ledger_rows import millis, write_record, write_replica

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
CHAT = instance_id("team-a", "chat")
SPAN = {"instance": CHAT, "from": "2030-01-01T11:55:00Z", "to": "2030-01-01T12:00:00Z"}


def read(engine: Engine, **params: str) -> dict[str, Any]:
    with engine.connect() as connection:
        return read_timeline(connection, parse_window({**SPAN, **params}, NOW))


def test_replicas_and_requests_are_told_step_by_step_and_region_by_region(engine: Engine) -> None:
    with engine.begin() as rows:
        write_replica(rows, "p1", "2030-01-01T11:00:00", "2030-01-01T11:57:30")
        write_replica(rows, "p2", "2030-01-01T11:56:10", "2030-01-01T11:56:20")
        write_replica(rows, "p3", "2030-01-01T11:58:00", None, region="us", last_seen=millis("2030-01-01T11:59:20"))
        write_replica(rows, "other", "2030-01-01T11:00:00", None, instance="x", last_seen=millis("2030-01-01T12:00:00"))
        for name, time, columns in (
            ("a", "11:55:00", {}),
            ("b", "11:55:59", {"region": "us"}),
            ("c", "11:57:00", {"status": 503, "region": ""}),
            ("d", "11:57:10", {"namespace": "team-b"}),
            ("e", "11:57:10", {"instance": "x"}),
            ("f", "11:54:59", {}),
        ):
            write_record(rows, name, f"2030-01-01T{time}", **columns)
    timeline = read(engine)
    assert (timeline["from"], timeline["to"], timeline["step"]) == ("2030-01-01T11:55:00Z", "2030-01-01T12:00:00Z", 60)
    assert timeline["requests"] == [2, 0, 2, 0, 0]
    assert timeline["errors"] == [0, 0, 1, 0, 0]
    assert timeline["regions"] == [
        {"region": "eu", "replicas": [1, 2, 1, 0, 0], "requests": [1, 0, 1, 0, 0]},
        {"region": "us", "replicas": [0, 0, 0, 1, 1], "requests": [1, 0, 0, 0, 0]},
    ]


def test_single_records_tell_the_same_as_the_sums_of_minutes(engine: Engine) -> None:
    with engine.begin() as rows:
        for number in range(100):
            columns = {"region": "us" if number % 3 else "eu", "status": 503 if number % 7 == 0 else 200}
            write_record(rows, f"r{number}", f"2030-01-01T11:{55 + number % 5}:{number % 60:02}", **columns)
    fine, whole = read(engine, step="30"), read(engine)
    assert [sum(fine["requests"][at : at + 2]) for at in range(0, 10, 2)] == whole["requests"] == [20] * 5
    assert [sum(fine["errors"][at : at + 2]) for at in range(0, 10, 2)] == whole["errors"]
    for some, sums in zip(fine["regions"], whole["regions"], strict=True):
        assert [sum(some["requests"][at : at + 2]) for at in range(0, 10, 2)] == sums["requests"]


def test_requests_that_waited_for_a_replica_are_counted_while_they_waited(engine: Engine) -> None:
    with engine.begin() as rows:
        write_record(rows, "a", "2030-01-01T11:55:30", held_ms=60_000)
        write_record(rows, "b", "2030-01-01T11:56:00", held_ms=15_000)
        write_record(rows, "c", "2030-01-01T11:58:00")
    assert read(engine)["held"] == [1, 2, 0, 0, 0]


def test_a_replica_that_nobody_saw_for_long_ended_when_it_was_last_seen(engine: Engine) -> None:
    with engine.begin() as rows:
        write_replica(rows, "p", "2030-01-01T11:00:00", None, last_seen=millis("2030-01-01T11:56:30"))
    assert read(engine)["regions"][0]["replicas"] == [1, 1, 0, 0, 0]


def test_an_instance_of_which_nothing_is_known_has_a_timeline_of_zeros(engine: Engine) -> None:
    timeline = read(engine)
    assert (timeline["requests"], timeline["held"], timeline["regions"]) == ([0] * 5, [0] * 5, [])


@pytest.mark.parametrize(
    ("intervals", "most"),
    [
        ([], [0, 0, 0]),
        ([(0, 10), (10, 20)], [1, 1, 0]),
        ([(5, 15), (9, 11), (10, 30)], [2, 3, 1]),
        ([(-5, 40), (12, 12)], [1, 1, 1]),
        ([(29, 30), (29, 31)], [0, 0, 2]),
    ],
)
def test_of_a_step_the_most_at_the_same_time_counts(intervals: list[tuple[int, int]], most: list[int]) -> None:
    assert count_at_once(Window("x", 0, 10, 3, 0), intervals) == most


def test_without_more_words_a_timeline_is_six_hours_by_the_minute() -> None:
    window = parse_window({"instance": CHAT}, NOW)
    assert (window.step, window.count, window.end) == (60_000, 360, millis("2030-01-01T12:00:00"))


@pytest.mark.parametrize(("text", "count"), [("3600", 60), ("2030-01-01T11:00:00Z", 60), ("20300101", 720)])
def test_a_timeline_begins_at_a_moment_or_so_many_seconds_before_its_end(text: str, count: int) -> None:
    assert parse_window({"instance": CHAT, "from": text}, NOW).count == count


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"instance": ""}, "instance must be"),
        ({"step": "5"}, 'step is "5": must be whole seconds from 10 to 3600'),
        ({"step": "1m"}, 'step is "1m"'),
        ({"from": "2029-12-01"}, "at most 1440 at once"),
        ({"from": "2030-01-02"}, 'must be before to, which is "2030-01-01T12:00:00Z"'),
        ({"to": "noon"}, 'to is "noon"'),
    ],
)
def test_what_makes_no_sense_is_named(params: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_window({**SPAN, **params}, NOW)
