"""What comes of a reconcile: what the queue hears, and what is counted."""

import asyncio
from datetime import datetime

import pytest
from prometheus_client import REGISTRY

from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.cluster.connection import Connection
from inferops.errors import ClusterError, NameConflict, NotFound, Rejected
from inferops.handlers import worker as module
from inferops.handlers.worker import REJECTED_SECONDS, Worker
from inferops.reconcile.queue import Key
from inferops.settings import Settings

KEY = Key("Registry", "default", "one")


def build_worker(outcome: float | Exception | None) -> Worker:
    async def reconcile(_: Cluster, _settings: Settings, key: Key, now: datetime) -> float | None:
        assert (key, now.tzinfo is not None) == (KEY, True)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Worker(Cluster(Client(Connection("", None))), Settings(), {"Registry": reconcile})


def count(result: str) -> float:
    labels = {"kind": "Registry", "result": result}
    return REGISTRY.get_sample_value("inferops_reconciles_total", labels) or 0.0


@pytest.mark.parametrize(
    ("outcome", "result", "after"),
    [
        (None, "done", None),
        (60.0, "done", 60.0),
        (NameConflict("taken"), "invalid", None),
        (Rejected("quota"), "retry", REJECTED_SECONDS),
        (NotFound("its namespace goes"), "gone", None),
    ],
)
async def test_the_queue_hears_when_the_key_wants_to_run_again(
    outcome: float | Exception | None, result: str, after: float | None
) -> None:
    before = count(result)
    assert await build_worker(outcome).handle(KEY) == after
    assert count(result) == before + 1


@pytest.mark.parametrize(("outcome", "result"), [(ClusterError("away"), "retry"), (KeyError("bug"), "error")])
async def test_a_failure_is_raised_so_that_the_queue_tries_again(outcome: Exception, result: str) -> None:
    before = count(result)
    with pytest.raises(type(outcome)):
        await build_worker(outcome).handle(KEY)
    assert count(result) == before + 1


async def test_a_reconcile_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.01)
    worker = Worker(Cluster(Client(Connection("", None))), Settings(), {"Registry": hang})
    with pytest.raises(TimeoutError):
        await worker.handle(KEY)


async def test_a_kind_without_a_reconciler_is_passed_over() -> None:
    assert await build_worker(KeyError()).handle(Key("Model", "", "tiny")) is None
