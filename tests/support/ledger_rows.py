"""A ledger of a few rows, which reports can be reckoned by hand from."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert

from inferops.metering.ledger.ingestion import add_sums
from inferops.metering.ledger.rows import MINUTE_SUMS, sum_minutes
from inferops.metering.ledger.tables import hours, minutes, prices, records, replicas
from inferops.names import instance_id

Row = dict[str, Any]
MODEL_PRICES = {"input_per_million_tokens": "0.50", "output_per_million_tokens": "1.25", "per_audio_minute": "0.006"}
NOTHING = dict.fromkeys(
    ("errors", "unknown", "broken", "cached", "reasoning", "audio_ms", "images", "bytes_in", "bytes_out", "ms"), 0
)


def millis(text: str) -> int:
    """Of a moment in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def write_price(connection: Connection, number: int, kind: str, name: str, **columns: Any) -> None:
    """A price in force `since` then; 0: always."""
    empty = dict.fromkeys((*MODEL_PRICES, "per_hour"))
    row = {"id": number, "kind": kind, "name": name, "region": "", "since": 0, "version": "1", "currency": "USD"}
    connection.execute(insert(prices).values({**row, **empty, **columns}))


def write_hour(connection: Connection, hour: str, **columns: Any) -> None:
    """Sums of an hour."""
    row: Row = {"namespace": "team-a", "key": "app", "instance": instance_id("team-a", "chat"), "region": "eu"}
    row |= {"model": "tiny", "route": "chat"}
    amounts = {"price_id": 1, "requests": 1, "prompt": 0, "completion": 0, **NOTHING}
    connection.execute(insert(hours).values({"hour": millis(hour), **row, **amounts, **columns}))


def write_replica(connection: Connection, uid: str, started: str, ended: str | None, **columns: Any) -> None:
    """A pod; without an end it was last seen at `last_seen`."""
    row: Row = {"namespace": "team-a", "instance": instance_id("team-a", "chat"), "region": "eu", "model": "tiny"}
    row |= {"uid": uid, "hardware": "gpu", "started": millis(started), "ended": millis(ended) if ended else None}
    last = {"last_seen": millis(ended)} if ended else {}
    connection.execute(insert(replicas).values({**row, **last, **columns}))


def build_record(name: str, time: str, **columns: Any) -> Row:
    """A request."""
    row: Row = {"namespace": "team-a", "key": "app", "instance": instance_id("team-a", "chat"), "region": "eu"}
    row |= {"id": name, "time": millis(time), "model": "tiny", "route": "chat", "status": 200}
    return {**row, "prompt": 10, "completion": 5, "unknown": False, "price_id": 1, "meter": "gateway-1", **columns}


def write_record(connection: Connection, name: str, time: str, **columns: Any) -> None:
    """It, alone: no hour counts it, as no report asks for it."""
    row = build_record(name, time, **columns)
    connection.execute(insert(records).values(row))
    add_sums(connection, minutes, MINUTE_SUMS, sum_minutes([row]))


def fill(connection: Connection, namespace: str = "team-a") -> None:
    """The end of January 2030: a model whose price rises at 23:00, hardware whose price rises half an hour later."""
    write_price(connection, 1, "Model", "tiny-model", **MODEL_PRICES)
    write_price(connection, 2, "Model", "tiny-model", since=millis("2030-01-31T23:00"), input_per_million_tokens="1")
    write_price(connection, 3, "Hardware", "gpu", region="eu", per_hour="2.40")
    write_price(connection, 4, "Hardware", "gpu", region="eu", since=millis("2030-01-31T23:30"), per_hour="3.60")
    own: Row = {"namespace": namespace, "instance": instance_id(namespace, "chat")}
    write_hour(
        connection, "2030-01-31T22:00", requests=3, errors=1, prompt=1000, completion=200, audio_ms=30_000, **own
    )
    write_hour(connection, "2030-01-31T23:00", requests=2, prompt=2000, price_id=2, unknown=1, broken=1, **own)
    write_hour(connection, "2030-02-01T00:00", requests=1, prompt=4000, price_id=2, key="other", **own)
    write_hour(connection, "2030-02-01T00:00", requests=5, prompt=7, price_id=0, namespace="team-b", key="spy")
    write_replica(connection, "pod-1", "2030-01-31T22:30", "2030-02-01T00:15", **own)
    write_replica(connection, "pod-2", "2030-02-01T00:00", None, last_seen=millis("2030-02-01T00:10"), **own)
    write_replica(connection, "pod-3", "2030-01-31T22:30", "2030-02-01T00:00", namespace="team-b", region="us")
