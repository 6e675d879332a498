"""The whole ledger: a real API server, a real database, HTTP."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select

from inferops.metering.ledger.database import open_postgresql, open_sqlite, reading
from inferops.metering.ledger.moments import to_ms
from inferops.metering.ledger.tables import prices, replicas
from inferops.names import Manifest, instance_id
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.ledger_process import LedgerProcess
from tests.support.operator_world import HARDWARE, MODEL, build, build_instance
from tests.support.postgresql import Postgresql
from tests.support.tls import TLS
from tests.support.usage_lines import line, lines

OURS = "/apis/inferops.dev/v1alpha1"


class Place:
    """A database and the ledger's settings for it."""

    def __init__(self, database: Manifest, engine: Engine) -> None:
        self.database = database
        self.engine = engine

    def read(self, table: Any, *conditions: Any) -> list[Any]:
        with reading(self.engine) as connection:
            return list(connection.execute(select(table).where(*conditions)))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        found = Place({"path": str(path)}, open_sqlite(path))
    else:
        server: Postgresql = request.getfixturevalue("postgresql")
        url = server.create(f"ledger_{secrets.token_hex(4)}")
        file = tmp_path / "url"
        file.write_text(url)
        found = Place({"urlFile": str(file)}, open_postgresql(url))
    yield found
    found.engine.dispose()


@pytest.fixture
def ledger(own: ApiServer, place: Place, tmp_path: Path) -> Iterator[LedgerProcess]:
    process = LedgerProcess(tmp_path, own.kubeconfig, place.database)
    yield process
    assert process.terminate() == 0


class Catalog:
    """A Hardware, a Region, a Model with a price, and an instance of it, of names of their own."""

    def __init__(self, server: ApiServer) -> None:
        self.name = f"c-{secrets.token_hex(4)}"
        self.instance = instance_id("default", self.name)
        self._http = server.http
        price = {"inputPerMillionTokens": "1000000"}
        self.put("hardwares", build("Hardware", self.name, HARDWARE | {"pricePerHour": "3.60"}))
        self.put("regions", build("Region", self.name, {"id": secrets.randbelow(10**6), "priceFactor": "1.5"}))
        self.put("models", build("Model", self.name, {**MODEL, "defaultHardware": self.name, "prices": price}))
        self.put("namespaces/default/inferenceinstances", build_instance(self.name, "default", self.name))

    def put(self, path: str, obj: Manifest) -> None:
        self._http.post(f"{OURS}/{path}", json=obj).raise_for_status()

    def charge(self, price: str) -> None:
        headers = {"content-type": "application/merge-patch+json"}
        patch = {"spec": {"prices": {"inputPerMillionTokens": price}}}
        self._http.patch(f"{OURS}/models/{self.name}", json=patch, headers=headers).raise_for_status()

    def line(self, identity: str, **fields: Any) -> bytes:
        return line(identity, instance=self.instance, time=datetime.now(UTC).isoformat(), **fields)


def ask_spent(ledger: LedgerProcess, since: datetime, pending: list[str]) -> tuple[Decimal, set[str]]:
    body = {"keys": {"team/key": {"since": since.isoformat(), "pending": pending}}}
    said = httpx.post(f"{ledger.url}/v1/spent", json=body, verify=TLS).raise_for_status().json()["team/key"]
    return Decimal(said["spent"]), set(said["stored"])


async def test_records_are_stored_at_the_price_that_was_in_force_and_a_changed_one_holds_from_then_on(
    own: ApiServer, ledger: LedgerProcess, place: Place
) -> None:
    catalog = Catalog(own)
    await eventually(ledger.is_ready, within=60)
    before = datetime.now(UTC)
    assert ledger.deliver(lines(catalog.line("a"), b"nonsense")).json() == {"stored": 1, "known": 0, "unreadable": 1}
    of_model = prices.c.name == catalog.name, prices.c.kind == "Model"
    await eventually(lambda: place.read(prices, *of_model))
    catalog.charge("3000000")
    await eventually(lambda: len(place.read(prices, *of_model)) == 2)
    early = line("late", instance=catalog.instance, time=before.isoformat())
    assert ledger.deliver(lines(catalog.line("a"), catalog.line("b"), early)).json()["stored"] == 2
    since = before - timedelta(minutes=1)
    assert ask_spent(ledger, since, ["a", "unheard-of"]) == (Decimal(10 + 30 + 10), {"a"})
    assert ledger.ask("/v1/reports", by="instance", every="total")["rows"]


async def test_a_pod_has_its_hardware_from_its_node_to_its_end(
    own: ApiServer, ledger: LedgerProcess, place: Place
) -> None:
    catalog = Catalog(own)
    await eventually(ledger.is_ready, within=60)
    pod = start_pod(own, catalog)
    (row,) = await eventually(lambda: place.read(replicas, replicas.c.uid == pod["metadata"]["uid"]))
    assert (row.instance, row.region, row.hardware) == (catalog.instance, catalog.name, catalog.name)
    assert (row.started, row.ended) == (to_ms(datetime(2026, 5, 1, 10, tzinfo=UTC)), None)
    now = to_ms(datetime.now(UTC))
    own.http.delete(f"/api/v1/namespaces/default/pods/{catalog.name}", params={"gracePeriodSeconds": 0})
    ended = replicas.c.uid == pod["metadata"]["uid"], replicas.c.ended.is_not(None)
    (row,) = await eventually(lambda: place.read(replicas, *ended))
    assert now <= row.ended <= to_ms(datetime.now(UTC))


def start_pod(server: ApiServer, catalog: Catalog) -> Manifest:
    """One of the instance, that a node took at ten."""
    labels = {
        "app.kubernetes.io/managed-by": "inferops",
        "app.kubernetes.io/component": "engine",
        "inferops.dev/instance": catalog.name,
        "inferops.dev/region": catalog.name,
    }
    pod = {
        "metadata": {"name": catalog.name, "labels": labels},
        "spec": {"containers": [{"name": "engine", "image": "none"}], "nodeName": "node"},
    }
    server.http.post("/api/v1/namespaces/default/pods", json=pod).raise_for_status()
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-05-01T10:00:00Z"}
    path = f"/api/v1/namespaces/default/pods/{catalog.name}/status"
    headers = {"content-type": "application/merge-patch+json"}
    answer = server.http.patch(path, json={"status": {"conditions": [scheduled]}}, headers=headers)
    made: Manifest = answer.raise_for_status().json()
    return made


async def test_a_ledger_that_is_killed_stores_nothing_twice(own: ApiServer, ledger: LedgerProcess) -> None:
    catalog = Catalog(own)
    await eventually(ledger.is_ready, within=60)
    body = lines(*(catalog.line(f"{number}") for number in range(50)))
    assert ledger.deliver(body).json()["stored"] == 50
    ledger.kill()
    ledger.start()
    await eventually(ledger.is_ready, within=60)
    assert ledger.deliver(body).json() == {"stored": 0, "known": 50, "unreadable": 0}


async def test_while_postgresql_is_away_meters_are_told_to_come_again(
    own: ApiServer, postgresql: Postgresql, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text(postgresql.create(f"ledger_{secrets.token_hex(4)}"))
    catalog = Catalog(own)
    postgresql.kill()
    process = LedgerProcess(tmp_path, own.kubeconfig, {"urlFile": str(tmp_path / "url")})
    try:
        await eventually(lambda: "the database does not answer" in process.ask_health("/readyz")[1], within=60)
        assert process.ask_health("/healthz")[0] == 200
        postgresql.start()
        await eventually(process.is_ready, within=60)
        body = lines(catalog.line("a"))
        assert process.deliver(body).json()["stored"] == 1
        postgresql.kill()
        refused = process.deliver(lines(catalog.line("b")))
        assert refused.status_code == 503
        assert "error" in refused.json()
        postgresql.start()
        body = lines(catalog.line("a"), catalog.line("b"))
        answer = await eventually(lambda: is_stored(process.deliver(body)), within=60)
        assert (answer["stored"], answer["known"]) == (1, 1)
        assert "a-secret-of-the-tests" not in process.log.read_text()
    finally:
        if postgresql.process is None:
            postgresql.start()
        process.terminate()


def is_stored(answer: httpx.Response) -> dict[str, int]:
    return answer.json() if answer.status_code == 200 else {}
