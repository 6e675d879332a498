"""Prices and replicas over time, and what is too old."""

from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, insert, select

from inferops.metering.ledger.catalog import plan_instance, plan_prices, write_instances, write_prices
from inferops.metering.ledger.database import reading, writing
from inferops.metering.ledger.housekeeping import DAY_MS, MOST_UNREADABLE, STEP, sweep
from inferops.metering.ledger.ingestion import read_delivery, store_delivery
from inferops.metering.ledger.pods import Pods
from inferops.metering.ledger.replicas import LOST_MS, build_replica, close_lost, note_alive, write_replicas
from inferops.metering.ledger.tables import hours, instances, prices, records, replicas, unreadable
from inferops.names import Manifest
from inferops.settings import LedgerSettings
from tests.support.operator_world import HARDWARE, MODEL, build_instance
from tests.support.usage_lines import line, lines

NOW = 1_800_000_000_000
SETTINGS = LedgerSettings(retention_days=35, rollup_retention_days=1100)


def obj(name: str, spec: Manifest, generation: int = 1, made: str = "2026-01-01T00:00:00Z") -> Manifest:
    return {"metadata": {"name": name, "generation": generation, "creationTimestamp": made}, "spec": spec}


def model(price: str | None, generation: int = 1) -> list[Manifest]:
    spec = {**MODEL, **({"prices": {"inputPerMillionTokens": price}} if price else {})}
    return [obj("m", spec, generation)]


def keep(engine: Engine, rows: list[dict[str, Any]], now: int) -> int:
    with writing(engine) as connection:
        return write_prices(connection, rows, now)


def read(engine: Engine, table: Table) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def test_each_change_of_a_price_is_a_row_and_the_first_holds_since_ever(engine: Engine) -> None:
    written = [
        keep(engine, plan_prices(model("1.50"), [], [], "EUR"), 100),
        keep(engine, plan_prices(model("1.50"), [], [], "EUR"), 200),
        keep(engine, plan_prices(model("2.00", 2), [], [], "EUR"), 300),
        keep(engine, plan_prices(model("1.50", 1), [], [], "EUR"), 400),  # told late, of a state that is over
        keep(engine, plan_prices(model(None, 3), [], [], "EUR"), 500),
        keep(engine, plan_prices(model("1.50", 4), [], [], "USD"), 500),
    ]
    assert written == [1, 0, 1, 0, 1, 1]
    told = [(row.since, row.input_per_million_tokens, row.currency) for row in read(engine, prices)]
    assert told == [(0, "1.50", "EUR"), (300, "2.00", "EUR"), (500, None, "EUR"), (501, "1.50", "USD")]


def test_hardware_has_a_price_in_each_region(engine: Engine) -> None:
    hardware = [obj("gpu", HARDWARE | {"pricePerHour": "0.10"})]
    regions = [obj("here", {"id": 1}), obj("there", {"id": 2, "priceFactor": "1.15"})]
    keep(engine, plan_prices([], hardware, regions, "EUR"), 100)
    assert [(row.name, row.region, row.per_hour) for row in read(engine, prices)] == [
        ("gpu", "here", "0.10"),
        ("gpu", "there", "0.1150"),
    ]


def test_an_instance_that_gets_another_model_was_the_first_one_until_then(engine: Engine) -> None:
    for now, (generation, name) in enumerate([(1, "a"), (2, "a"), (3, "b")]):
        instance = build_instance(name, "lab", "chat")
        instance["metadata"]["generation"] = generation
        row = plan_instance(instance, lambda _, __: None)
        assert row
        with writing(engine) as connection:
            write_instances(connection, [row], now)
    assert [(row.since, row.namespace, row.model) for row in read(engine, instances)] == [
        (0, "lab", "a"),
        (2, "lab", "b"),
    ]


def test_instances_with_one_id_are_written_as_the_eldest(engine: Engine) -> None:
    """A batch with both is no batch that never gets through."""
    rows = []
    for namespace, day in (("team-2146", 2), ("team-192", 1), ("lab", 3)):
        instance = build_instance("m", namespace, "twin3106")
        instance["metadata"] |= {"generation": 1, "creationTimestamp": f"2026-01-0{day}T00:00:00Z"}
        row = plan_instance(instance, lambda _, __: None)
        assert row
        rows.append(row)
    with writing(engine) as connection:
        assert write_instances(connection, rows, NOW) == 2
    assert sorted(row.namespace for row in read(engine, instances)) == ["lab", "team-192"]


def pod(**status: Any) -> Manifest:
    labels = {"inferops.dev/instance": "chat", "inferops.dev/region": "here"}
    metadata = {"name": "chat-1", "namespace": "lab", "uid": "u1", "labels": labels, "resourceVersion": "1"}
    return {"kind": "Pod", "metadata": metadata, "status": status}


SCHEDULED = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-05-01T10:00:00Z"}
STARTED = 1_777_629_600_000
DONE = [{"state": {"terminated": {"finishedAt": "2026-05-01T11:00:00Z"}}}]
RUNNING: list[Manifest] = [{"state": {"running": {}}}]


@pytest.mark.parametrize(
    ("last", "ended"),
    [
        ({"conditions": [SCHEDULED], "containerStatuses": DONE}, STARTED + 3_600_000),
        ({"conditions": [SCHEDULED], "containerStatuses": RUNNING}, NOW),
        ({"conditions": [SCHEDULED]}, NOW),
    ],
    ids=["its containers ended", "it was taken away", "it never began"],
)
def test_a_deleted_pod_ended_with_its_containers_or_now(engine: Engine, last: Manifest, ended: int) -> None:
    pods = Pods(lambda: NOW)
    pods.put(pod(conditions=[]))
    assert pods.take_news() == []
    for state in ({"conditions": [SCHEDULED]}, {"conditions": [SCHEDULED], "containerStatuses": RUNNING}):
        pods.put(pod(**state))
    assert pods.uids() == ["u1"]
    pods.drop("lab", "chat-1", pod(**last))
    write(engine, pods, NOW)
    (row,) = read(engine, replicas)
    assert (row.started, row.ended, row.last_seen) == (STARTED, ended, ended)


def test_a_pod_that_failed_ends_while_its_object_stays(engine: Engine) -> None:
    pods = Pods(lambda: NOW)
    pods.put(pod(phase="Failed", conditions=[SCHEDULED], containerStatuses=DONE))
    write(engine, pods, NOW)
    assert pods.uids() == []
    assert read(engine, replicas)[0].ended == STARTED + 3_600_000


def write(engine: Engine, pods: Pods, now: int) -> None:
    with writing(engine) as connection:
        write_replicas(connection, [build_replica(seen, ("small", "gpu"), now) for seen in pods.take_news()])


def test_a_pod_that_went_while_nobody_looked_ended_when_it_was_last_seen(engine: Engine) -> None:
    pods = Pods(lambda: NOW)
    pods.put(pod(conditions=[SCHEDULED]))
    write(engine, pods, NOW)
    with writing(engine) as connection:
        note_alive(connection, ["u1"], NOW + 20_000)
        assert close_lost(connection, [], NOW + 60_000) == 0
        assert close_lost(connection, ["u1"], NOW + 20_000 + LOST_MS + 1) == 0
        assert close_lost(connection, [], NOW + 20_000 + LOST_MS + 1) == 1
        note_alive(connection, ["u1"], NOW + 10 * LOST_MS)
    (row,) = read(engine, replicas)
    assert (row.ended, row.last_seen, row.hardware) == (NOW + 20_000, NOW + 20_000, "gpu")


def test_what_is_too_old_goes_and_hours_stay_longer_than_records(engine: Engine) -> None:
    old = [line(f"old-{number}", time="2026-11-01T00:00:00Z") for number in range(STEP + 10)]
    store_delivery(engine, read_delivery(lines(*old[:STEP]), "g", NOW, 0), {})
    store_delivery(engine, read_delivery(lines(*old[STEP:], line("new", time="2027-01-10T00:00:00Z")), "g", NOW, 0), {})
    gone = sweep(engine, SETTINGS, NOW)
    assert (gone["records"], gone["minutes"]) == (STEP + 10, 1)
    assert [row.id for row in read(engine, records)] == ["new"]
    assert sum(row.requests for row in read(engine, hours)) == STEP + 11
    left = {"records": 1, "minutes": 1, "hours": 2, "replicas": 0, "unreadable": 0}
    assert sweep(engine, SETTINGS, NOW + 1200 * DAY_MS) == left


def test_nonsense_without_end_keeps_its_newest_lines(engine: Engine) -> None:
    rows = [
        {"digest": f"{number}", "time": NOW + number, "meter": "g", "reason": "r", "line": "l"}
        for number in range(MOST_UNREADABLE + 5)
    ]
    with writing(engine) as connection:
        connection.execute(insert(unreadable), rows)
    assert sweep(engine, SETTINGS, NOW)["unreadable"] == 5
    with reading(engine) as connection:
        assert connection.scalar(select(func.min(unreadable.c.time))) == NOW + 5
