"""REST in front of the whole ledger, a process of its own: from a delivered record to a report, and what happens to an
export when the ledger is killed.
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from inferops.client import AsyncClient, Unreachable
from inferops.client.resources.usage import Only
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.metering.ledger.database import open_sqlite, writing
from inferops.metering.ledger.tables import records
from inferops.names import instance_id
from inferops.settings import Settings
from tests.support.apiserver import ApiServer
from tests.support.cli import Terminal, open_terminal
from tests.support.eventually import eventually
from tests.support.ledger_process import LedgerProcess
from tests.support.ledger_rows import build_record
from tests.support.operator_world import MODEL, build
from tests.support.rest import Rest, make_key, start_rest
from tests.support.usage_lines import line, lines

MANY = 60_000
"""Records: far more than sockets hold."""


@pytest.fixture
async def process(own: ApiServer, tmp_path: Path) -> AsyncIterator[LedgerProcess]:
    """The ledger."""
    process = LedgerProcess(tmp_path, own.kubeconfig, {"path": str(tmp_path / "ledger.db"), "retentionDays": 3650})
    await eventually(process.is_ready, within=60)
    yield process
    process.kill()


@pytest.fixture
async def rest(connection: Connection, client: Client, process: LedgerProcess) -> AsyncIterator[Rest]:
    address = process.url.removeprefix("http://")
    settings = Settings.model_validate({"ledger": {"address": address}})
    async with start_rest(connection, client, settings) as rest:
        yield rest


@pytest.fixture
async def terminal(rest: Rest, tmp_path: Path) -> AsyncIterator[Terminal]:
    async with open_terminal(rest, tmp_path) as terminal:
        yield terminal


async def test_what_was_delivered_is_in_the_next_report_at_its_price(rest: Rest, process: LedgerProcess) -> None:
    name = f"m-{rest.namespace}"
    prices = {"inputPerMillionTokens": "1000000", "outputPerMillionTokens": "0.5"}
    await rest.client.create(build("Model", name, {**MODEL, "prices": prices}))
    regions = [{"region": "nowhere", "scale": {"min": 1, "max": 1}}]
    await rest.client.create(build("InferenceInstance", "chat", {"model": name, "regions": regions}, rest.namespace))

    async def is_priced() -> bool:
        return bool((await rest.http.get("/usage/prices", params={"name": name})).json())

    await eventually(is_priced, within=20)
    now = datetime.now(UTC).isoformat()
    about: dict[str, Any] = {"instance": instance_id(rest.namespace, "chat"), "time": now}
    body = lines(line("new-1", client=f"{rest.namespace}/app", **about), line("new-2", client="", **about))
    for _ in range(2):
        assert process.deliver(body).status_code == 200
    report = (await rest.http.get("/usage", params={"by": "key,instance"})).json()
    rows = [(row["key"], row["instance"], row["promptTokens"], row["tokenCost"]) for row in report["rows"]]
    assert rows == [("", "chat", 10, "10.0000025"), ("app", "chat", 10, "10.0000025")]
    assert (await rest.http.get("/spend")).json()["day"]["tokenCost"] == "20.000005"
    assert "inferops_ledger_month_age_seconds" in process.ask_health("/metrics")[1]


async def test_an_export_that_breaks_off_is_an_error_and_no_short_file(
    terminal: Terminal, rest: Rest, process: LedgerProcess, tmp_path: Path
) -> None:
    database = open_sqlite(tmp_path / "ledger.db")
    made = [build_record(f"old-{number}", "2030-01-01T00:00:00", namespace=rest.namespace) for number in range(MANY)]
    with writing(database) as rows:
        rows.execute(insert(records), made)
    database.dispose()
    only, time = Only(key="app"), ("2030-01-01", "2030-01-02")
    async with AsyncClient(terminal.url, rest.key, retries=0) as client:
        whole = [piece async for piece in client.usage.export("records", "jsonl", *time, only)]
        found = [json.loads(each)["id"] for each in b"".join(whole).splitlines()]
        assert len(set(found)) == len(found) == MANY
        pieces = client.usage.export("records", "jsonl", *time, only)
        assert await anext(aiter(pieces))
        await break_off(terminal, rest, only)
        process.kill()
        with pytest.raises(Unreachable):
            async for _ in pieces:
                pass


async def break_off(terminal: Terminal, rest: Rest, only: Only) -> None:
    """An export ends with its key, too."""
    key = await make_key(rest.client, rest.namespace, "leaver")

    async def opens(*, whether: bool) -> bool:
        async with rest.as_other(key) as http:
            return (await http.get("/me")).is_success is whether

    await eventually(partial(opens, whether=True), within=10)
    async with AsyncClient(terminal.url, key, retries=0) as client:
        pieces = client.usage.export("records", "jsonl", "2030-01-01", "2030-01-02", only)
        assert await anext(aiter(pieces))
        await rest.client.delete("ApiKey", rest.namespace, "leaver")
        await eventually(partial(opens, whether=False), within=10)
        with pytest.raises(Unreachable):
            async for _ in pieces:
                pass
