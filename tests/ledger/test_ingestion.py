"""What meters deliver is stored once, and adds up."""

import asyncio
import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, insert, select

from inferops.metering.ledger.database import reading, writing
from inferops.metering.ledger.ingestion import Stored, read_delivery, store_delivery
from inferops.metering.ledger.tables import HOUR_MS, hours, instances, prices, records, unreadable
from tests.support.usage_lines import line, lines

NOW = 1_777_631_500_000
"""Soon after the lines."""
HOUR = 1_777_629_600_000
"""2026-05-01T10:00Z"""


def store(engine: Engine, *each: bytes, oldest: int = 0) -> Stored:
    return store_delivery(engine, read_delivery(lines(*each), "gateway-1", NOW, oldest), {"small": "small-model"})


def read(engine: Engine, table: Table) -> Sequence[Any]:
    with reading(engine) as connection:
        return connection.execute(select(table).order_by(*table.primary_key)).all()


def read_sum(engine: Engine, column: str) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(select(func.sum(hours.c[column]))) or 0)


def test_a_record_has_what_the_line_says(engine: Engine) -> None:
    assert store(engine, line("a", usage={"prompt_tokens": 10, "completion_tokens": 5}, seconds=1.25)) == Stored(
        1, 0, 0
    )
    (row,) = read(engine, records)
    assert (row.id, row.time, row.namespace, row.key) == ("a", HOUR + HOUR_MS // 2, "team", "key")
    assert (row.instance, row.region, row.model, row.route) == ("chat-12345678", "here", "small", "chat")
    assert (row.prompt, row.completion, row.cached, row.audio_ms, row.images) == (10, 5, None, 1250, None)
    assert (row.status, row.bytes_in, row.bytes_out, row.ms, row.ttft_ms) == (200, 100, 200, 300, 30)
    assert (row.broken, row.unknown, row.meter) == (None, False, "gateway-1")


def test_what_nobody_knows_is_null_and_never_zero(engine: Engine) -> None:
    store(engine, line("a", usage=None, unknown=True))
    (row,) = read(engine, records)
    assert (row.prompt, row.completion, row.audio_ms, row.unknown) == (None, None, None, True)
    assert read_sum(engine, "unknown") == 1


def test_a_record_that_comes_again_adds_nothing(engine: Engine) -> None:
    assert store(engine, line("a"), line("b")) == Stored(2, 0, 0)
    assert store(engine, line("b"), line("c"), line("c")) == Stored(1, 2, 0)
    (row,) = read(engine, hours)
    assert (row.hour, row.requests, row.prompt, row.completion, row.cached) == (HOUR, 3, 30, 15, 12)


def test_hours_count_errors_and_broken_answers(engine: Engine) -> None:
    store(engine, line("a", status=429), line("b", broken="client"), line("c", status=502, broken="engine"))
    (row,) = read(engine, hours)
    assert (row.requests, row.errors, row.broken) == (3, 2, 2)


def test_lines_that_are_no_record_are_kept_once_and_stop_no_other(engine: Engine) -> None:
    bad = [b"{", b'{"id": "x"}', b"\xff\x00 nonsense", line("old", time="2020-01-01T00:00:00Z")]
    assert store(engine, line("a"), *bad, oldest=HOUR) == Stored(1, 0, 4)
    assert store(engine, *bad, oldest=HOUR) == Stored(0, 0, 4)
    rows = read(engine, unreadable)
    assert len(rows) == len(bad)
    assert {row.meter for row in rows} == {"gateway-1"}
    assert all(row.reason for row in rows)


def test_a_record_that_the_database_refuses_is_put_aside(engine: Engine) -> None:
    """No such record is known; one would otherwise hold up its meter for ever."""
    delivery = read_delivery(lines(*(line(f"{number}") for number in range(20))), "gateway-1", NOW, 0)
    odd = delivery.records[7]
    object.__setattr__(odd, "prompt", 2**70)
    assert store_delivery(engine, delivery, {}) == Stored(19, 0, 1)
    assert read_sum(engine, "requests") == 19
    (row,) = read(engine, unreadable)
    assert "the database refuses it" in row.reason


def test_use_without_a_key_belongs_to_the_namespace_of_the_instance(engine: Engine) -> None:
    serve(engine)
    store(engine, line("a", client=None), line("b", client=None, instance="unheard-of-1"))
    assert [(row.namespace, row.key) for row in read(engine, records)] == [("lab", ""), ("", "")]


def serve(engine: Engine) -> None:
    """An instance that served one Model, and another one from 11:00 on; prices that changed at 10:45."""
    instance = {"id": "chat-12345678", "version": "", "namespace": "lab", "name": "chat", "hardware": "gpu"}
    blank = {"kind": "Model", "region": "", "version": "", "currency": "EUR"}
    with writing(engine) as connection:
        connection.execute(
            insert(instances),
            [
                instance | {"since": 0, "model": "small-model"},
                instance | {"since": HOUR + HOUR_MS, "model": "other-model"},
            ],
        )
        connection.execute(
            insert(prices),
            [
                blank | {"id": 1, "name": "small-model", "since": 0, "input_per_million_tokens": "1"},
                blank | {"id": 2, "name": "other-model", "since": 0, "input_per_million_tokens": "5"},
                blank
                | {"id": 3, "name": "small-model", "since": HOUR + HOUR_MS * 3 // 4, "input_per_million_tokens": "2"},
            ],
        )


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"time": "2026-05-01T10:44:59.999Z"}, 1),
        ({"time": "2026-05-01T10:45:00Z"}, 3),
        ({"time": "2026-05-01T12:45:00+02:00"}, 3),
        ({"time": "2026-05-01T11:00:00Z"}, 2),
        ({"instance": "never-seen-1"}, 1),
        ({"instance": "never-seen-1", "model": "unheard-of"}, 0),
    ],
)
def test_a_record_has_the_price_of_its_own_time_however_late_it_comes(
    engine: Engine, fields: dict[str, str], price: int
) -> None:
    serve(engine)
    store(engine, line("a", **fields))
    assert [row.price_id for row in read(engine, records)] == [price]
    assert [row.price_id for row in read(engine, hours)] == [price]


async def test_many_meters_that_deliver_the_same_at_once_store_it_once(engine: Engine) -> None:
    """In any order, over hours and keys that all of them touch."""
    made = [
        line(f"{number}", client=f"team/key-{number % 7}", time=f"2026-05-01T{number % 5:02}:00:00Z")
        for number in range(600)
    ]

    def deliver(seed: int) -> int:
        shuffled = random.Random(seed).sample(made, len(made))  # noqa: S311  no secret
        parts = [shuffled[start : start + 50] for start in range(0, len(shuffled), 50)]
        return sum(store(engine, *part).stored for part in parts)

    stored = await asyncio.gather(*(asyncio.to_thread(deliver, seed) for seed in range(6)))
    assert sum(stored) == len(made)
    assert read_sum(engine, "requests") == len(made)
    assert read_sum(engine, "prompt") == 10 * len(made)


async def test_readers_see_a_delivery_whole_or_not_at_all(engine: Engine) -> None:
    ended = threading.Event()

    def look() -> set[tuple[int, int]]:
        seen = set[tuple[int, int]]()
        while not ended.is_set():
            with reading(engine) as connection:
                stored = connection.scalar(select(func.count()).select_from(records)) or 0
                summed = connection.scalar(select(func.sum(hours.c.requests))) or 0
            seen.add((stored, int(summed)))
        return seen

    looking = asyncio.create_task(asyncio.to_thread(look))
    for batch in range(20):
        await asyncio.to_thread(store, engine, *(line(f"{batch}-{number}") for number in range(20)))
    ended.set()
    assert all(stored == summed and stored % 20 == 0 for stored, summed in await looking)
