"""Reports, reckoned by hand: the same on both databases."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from inferops.metering.reports.export import find_source, parse_shape, read_export
from inferops.metering.reports.query import parse_query
from inferops.metering.reports.report import read_report
from inferops.names import instance_id
from tests.support.ledger_rows import fill, write_hour, write_record

NOW = datetime(2030, 2, 1, 1, tzinfo=UTC)
TIME = {"from": "2030-01-01", "to": "2030-03-01"}
CHAT = instance_id("team-a", "chat")


@pytest.fixture
def ledger(engine: Engine) -> Engine:
    with engine.begin() as connection:
        fill(connection)
    return engine


def read(engine: Engine, **params: str) -> dict[str, Any]:
    with engine.connect() as connection:
        return read_report(connection, parse_query({**TIME, **params}, NOW), "USD")


def pick(report: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in report["rows"]]


def test_each_hour_has_the_price_of_its_time(ledger: Engine) -> None:
    rows = pick(read(ledger, namespace="team-a", every="hour"), "start", "prompt", "token_cost", "replica_cost")
    assert rows == [
        ("2030-01-31T22:00:00Z", 1000, "0.00375", "1.2"),  # 1000 x 0.5 + 200 x 1.25 per million, 30 s x 0.006
        ("2030-01-31T23:00:00Z", 2000, "0.002", "3"),  # half an hour at 2.40, half at 3.60
        ("2030-02-01T00:00:00Z", 4000, "0.004", "1.5"),  # 15 and 10 minutes at 3.60
    ]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("day", [("2030-01-31T00:00:00Z", 5, "0.00575", "4.2"), ("2030-02-01T00:00:00Z", 1, "0.004", "1.5")]),
        ("month", [("2030-01-01T00:00:00Z", 5, "0.00575", "4.2"), ("2030-02-01T00:00:00Z", 1, "0.004", "1.5")]),
        ("total", [(None, 6, "0.00975", "5.7")]),
    ],
)
def test_days_and_months_of_utc_are_sums_of_hours(ledger: Engine, every: str, expected: list[tuple[Any, ...]]) -> None:
    report = read(ledger, namespace="team-a", every=every)
    assert pick(report, "start", "requests", "token_cost", "replica_cost") == expected
    (total,) = report["totals"]
    assert (total["requests"], total["token_cost"], total["replica_cost"]) == (6, "0.00975", "5.7")
    assert (total["errors"], total["unknown"], total["broken"]) == (1, 1, 1)


def test_replicas_are_told_by_instance_and_model_but_not_by_key(ledger: Engine) -> None:
    by_model = read(ledger, namespace="team-a", by="model,instance,region")
    assert pick(by_model, "model", "instance", "region", "replica_ms") == [("tiny", CHAT, "eu", 115 * 60_000)]
    by_key = read(ledger, namespace="team-a", by="key")
    assert pick(by_key, "key", "requests", "replica_ms", "replica_cost") == [
        ("app", 5, None, None),
        ("other", 1, None, None),
    ]


def test_what_has_no_price_is_counted_and_costs_nothing(ledger: Engine) -> None:
    report = read(ledger, by="namespace")
    assert pick(report, "namespace", "unpriced", "token_cost", "replica_ms", "replica_cost") == [
        ("team-a", 0, "0.00975", 115 * 60_000, "5.7"),
        ("team-b", 5, "0", 90 * 60_000, "0"),
    ]


def test_filters_take_several_values(ledger: Engine) -> None:
    assert pick(read(ledger, key="app,spy", by="key"), "key", "requests") == [("app", 5), ("spy", 5)]
    assert read(ledger, region="us")["rows"][0]["replica_ms"] == 90 * 60_000


def test_only_the_time_that_is_asked_for_counts(ledger: Engine) -> None:
    report = read(ledger, **{"from": "2030-01-31T23:00", "to": "2030-02-01"}, namespace="team-a")
    assert pick(report, "requests", "token_cost", "replica_ms") == [(2, "0.002", 3_600_000)]


def test_where_nothing_was_used_the_sum_is_zero(ledger: Engine) -> None:
    report = read(ledger, namespace="nobody")
    assert report["rows"] == []
    assert [(total["requests"], total["token_cost"], total["currency"]) for total in report["totals"]] == [
        (0, "0", "USD")
    ]


def test_a_report_of_too_many_rows_says_how_to_ask_for_less(ledger: Engine) -> None:
    with ledger.begin() as connection:
        for number in range(10_001):
            write_hour(connection, "2030-01-30T00:00", key=f"key-{number}")
    with pytest.raises(ValueError, match="more than 10000 rows: ask for a shorter time"):
        read(ledger, by="key")


def export(engine: Engine, what: str, shape: str, **params: str) -> bytes:
    query = parse_query({**TIME, **params}, NOW)
    return b"".join(read_export(engine, find_source(what, query), query, parse_shape(shape)))


def test_an_export_has_every_record_once_over_many_pages(ledger: Engine) -> None:
    names = [f"r-{number:05}" for number in range(4500)]
    with ledger.begin() as connection:
        for number, name in enumerate(names):
            write_record(connection, name, f"2030-01-01T00:00:{number // 100:02}")
        write_record(connection, "foreign", "2030-01-01T00:00:00", namespace="team-b")
    lines = export(ledger, "records", "jsonl", namespace="team-a").splitlines()
    assert [orjson.loads(line)["id"] for line in lines] == names
    first = orjson.loads(lines[0])
    assert first["time"] == "2030-01-01T00:00:00.000Z"
    assert (first["prompt"], first["seconds" if "seconds" in first else "audio_ms"]) == (10, None)
    assert (first["token_cost"], first["currency"]) == ("0.00001125", "USD")


@pytest.mark.parametrize("what", ["records", "hours", "replicas"])
def test_an_empty_export_has_its_head(engine: Engine, what: str) -> None:
    (head,) = csv.reader(io.StringIO(export(engine, what, "csv").decode()))
    assert head[-1] == "currency"


def test_exported_hours_and_replicas_add_up_to_the_report(ledger: Engine) -> None:
    hours = list(csv.DictReader(io.StringIO(export(ledger, "hours", "csv", namespace="team-a").decode())))
    assert [(row["hour"], row["token_cost"]) for row in hours] == [
        ("2030-01-31T22:00:00.000Z", "0.00375"),
        ("2030-01-31T23:00:00.000Z", "0.002"),
        ("2030-02-01T00:00:00.000Z", "0.004"),
    ]
    pods = list(csv.DictReader(io.StringIO(export(ledger, "replicas", "csv", namespace="team-a").decode())))
    assert [(row["uid"], row["ms"], row["replica_cost"]) for row in pods] == [
        ("pod-1", "6300000", "5.1"),
        ("pod-2", "600000", "0.6"),
    ]


@pytest.mark.parametrize(
    ("what", "shape", "params", "words"),
    [
        ("tables", "csv", {}, 'what is "tables"'),
        ("hours", "xml", {}, 'format is "xml"'),
        ("replicas", "csv", {"key": "app"}, "replicas belong to instances"),
    ],
)
def test_an_export_of_what_makes_no_sense_is_refused(
    engine: Engine, what: str, shape: str, params: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        export(engine, what, shape, **params)
