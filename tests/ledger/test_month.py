"""This month's usage as Prometheus sees it."""

from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine

from inferops.metering.reports import month, tokens
from inferops.metering.reports.month import REST, Month
from inferops.names import instance_id
from tests.support.ledger_rows import fill, write_hour

CHAT = instance_id("team-a", "chat")


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"inferops_ledger_month_{name}", labels)


def look(engine: Engine, now: str, shown: Month | None = None) -> Month:
    shown = shown or Month(engine, "USD")
    shown._clock = lambda: datetime.fromisoformat(now).replace(tzinfo=UTC)
    shown.show(shown.read())
    return shown


def look_at_many(engine: Engine) -> Month:
    """The usual month, and ten keys more."""
    with engine.begin() as connection:
        fill(connection)
        for number in range(10):
            write_hour(connection, "2030-01-01T00:00", key=f"key-{number}", prompt=number)
    return look(engine, "2030-01-31T23:59")


def test_gauges_are_those_of_the_month_and_end_with_it(engine: Engine) -> None:
    with engine.begin() as connection:
        fill(connection)
    shown = look(engine, "2030-01-31T23:59")
    app = {"tenant": "team-a", "key": "app", "model": "tiny", "inference": CHAT}
    assert value("token_cost", **app, currency="USD") == 0.00575
    assert value("tokens", **app, kind="prompt") == 3000
    assert value("audio_seconds", **app) == 30
    assert value("unknown", **app) == 1
    place = {"tenant": "team-a", "model": "tiny", "inference": CHAT, "region": "eu"}
    assert value("replica_seconds", **place) == 90 * 60
    assert value("replica_cost", **place, currency="USD") == 4.2
    look(engine, "2030-02-01T00:30", shown)
    assert value("requests", **app) is None
    assert value("requests", **app | {"key": "other"}) == 1
    assert value("unpriced", **app | {"tenant": "team-b", "key": "spy"}) == 5
    look(engine, "2030-03-01T00:00", shown)
    assert value("requests", **app | {"key": "other"}) is None


def test_of_too_many_series_the_costliest_are_shown_and_the_rest_together(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(month, "MOST_SERIES", 2)
    shown = look_at_many(engine)
    whole = {"model": "tiny", "inference": CHAT, "tenant": "team-a"}
    assert value("requests", **whole, key="app") == 5
    assert value("requests", **whole, key="key-9") == 1
    assert value("requests", **whole, key="key-8") is None
    assert value("requests", **dict.fromkeys((*whole, "key"), REST)) == 9
    shown.show({})


def test_of_more_combinations_than_a_report_may_have_each_tenant_has_its_sum(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST_ROWS", 5)
    shown = look_at_many(engine)
    rest = {"key": REST, "model": REST, "inference": REST, "tenant": "team-a"}
    assert (value("requests", **rest), value("token_cost", **rest, currency="USD")) == (15, 0.0057725)
    shown.show({})
