"""Usage and spend through REST, the client and the command line: of the key's namespace only, as the ledger has it."""

import asyncio
import csv
import functools
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inferops.client import AsyncClient, Unavailable
from inferops.client.resources.usage import Only
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.names import instance_id
from inferops.settings import LedgerSettings, Settings
from tests.support.cli import Terminal, open_terminal
from tests.support.eventually import eventually
from tests.support.ledger_rows import fill, write_hour, write_record
from tests.support.ledger_server import Ledger, make_ledger, serve_ledger
from tests.support.rest import Rest, make_key, start_rest
from tests.support.rest_instances import build_body, create

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metering.md").read_text()
TIME = {"from": "2030-01-01", "to": "2030-03-01"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = make_ledger(tmp_path)
    yield ledger
    ledger.engine.dispose()


@pytest.fixture
async def rest(connection: Connection, client: Client, ledger: Ledger) -> AsyncIterator[Rest]:
    """The REST API, whose ledger is away."""
    async with start_rest(connection, client, Settings(ledger=ledger.settings)) as rest:
        with ledger.engine.begin() as rows:
            fill(rows, rest.namespace)
        yield rest


@pytest.fixture
async def there(ledger: Ledger, rest: Rest) -> AsyncIterator[Rest]:
    """The same, and the ledger answers."""
    async with serve_ledger(ledger.engine, ledger.port):
        yield rest


@pytest.fixture
async def terminal(there: Rest, tmp_path: Path) -> AsyncIterator[Terminal]:
    async with open_terminal(there, tmp_path) as terminal:
        yield terminal


async def read(rest: Rest, path: str = "/usage", status: int = 200, **params: Any) -> Any:
    response = await rest.http.get(path, params={**TIME, **params} if path == "/usage" else params)
    assert response.status_code == status, response.text
    return response.json()


async def test_usage_is_that_of_the_keys_namespace(there: Rest) -> None:
    report = await read(there, by="key,instance", every="month")
    rows = [
        (row["start"], row["key"], row["instance"], row["promptTokens"], row["tokenCost"]) for row in report["rows"]
    ]
    assert rows == [
        ("2030-01-01T00:00:00.000Z", "app", "chat", 3000, "0.00575"),
        ("2030-02-01T00:00:00.000Z", "other", "chat", 4000, "0.004"),
    ]
    (total,) = report["totals"]
    assert (total["requests"], total["unknown"], total["broken"], total["audioSeconds"]) == (6, 1, 1, 30.0)
    assert total["replicaSeconds"] is None
    assert "spy" not in json.dumps(report)


async def test_no_parameter_leads_to_another_namespace(there: Rest) -> None:
    for name, value in (("namespace", "team-b"), ("key", "spy"), ("instance", instance_id("team-a", "chat"))):
        chosen: dict[str, Any] = {name: value}
        report = await read(there, by="key", **chosen)
        assert "spy" not in json.dumps(report)
    assert (await there.http.get("/usage", params={"by": "namespace"})).status_code == 422


async def test_tokens_and_replicas_stand_side_by_side(there: Rest) -> None:
    (row,) = (await read(there, by="model"))["rows"]
    assert (row["model"], row["tokenCost"], row["replicaCost"]) == ("tiny", "0.00975", "5.7")
    assert row["replicaSeconds"] == 115 * 60
    (same,) = (await read(there, by="instance", instance="chat", region="eu"))["rows"]
    assert (same["instance"], same["replicaCost"]) == ("chat", "5.7")


async def test_rows_come_in_pages(there: Rest) -> None:
    response = await there.http.get("/usage", params={**TIME, "every": "hour", "limit": "1", "offset": "1"})
    assert [row["start"] for row in response.json()["rows"]] == ["2030-01-31T23:00:00.000Z"]
    assert response.json()["totals"][0]["requests"] == 6
    assert response.headers["x-total-count"] == "3"
    assert 'rel="next"' in response.headers["link"]


@pytest.mark.parametrize(
    ("params", "field", "words"),
    [
        ({"from": "yesterday"}, "from", "must be a date or a moment"),
        ({"from": "2031-01-01"}, "from", "must be before to"),
        ({"from": "2020-01-01", "every": "hour"}, None, "at most 10000"),
    ],
)
async def test_what_makes_no_sense_is_named(there: Rest, params: dict[str, Any], field: str | None, words: str) -> None:
    problem = await read(there, status=422, **params)
    assert words in problem["detail"]
    assert [error["field"] for error in problem["errors"]] == ([field] if field else [])


@pytest.mark.parametrize("path", ["/usage", "/usage/export", "/usage/prices", "/spend", "/instances/chat/timeline"])
async def test_a_ledger_that_is_away_is_told_of_with_when_to_come_again(rest: Rest, path: str, catalog: str) -> None:
    await create(rest, await build_body(rest, catalog))
    response = await rest.http.get(path)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "The ledger does not answer: what is used meanwhile is kept" in response.json()["detail"]


async def test_an_installation_without_a_ledger_says_so(connection: Connection, client: Client) -> None:
    async with start_rest(connection, client, Settings(ledger=LedgerSettings(enabled=False))) as rest:
        for path in ("/spend", "/instances/chat/timeline"):
            assert "ledger is switched off" in (await read(rest, path, 404))["detail"]


async def test_exports_stream_what_the_namespace_has(there: Rest) -> None:
    response = await there.http.get("/usage/export", params=TIME)
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="usage-hours.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [(row["namespace"], row["token_cost"]) for row in rows] == [
        (there.namespace, "0.00375"),
        (there.namespace, "0.002"),
        (there.namespace, "0.004"),
    ]
    lines = await there.http.get("/usage/export", params={**TIME, "what": "replicas", "format": "jsonl"})
    assert [json.loads(line)["uid"] for line in lines.text.splitlines()] == ["pod-1", "pod-2"]


async def test_a_timeline_shows_an_instance_of_the_namespace(there: Rest, ledger: Ledger, catalog: str) -> None:
    await create(there, await build_body(there, catalog))
    with ledger.engine.begin() as rows:
        write_record(rows, "r", "2030-01-31T23:00:30", instance=instance_id(there.namespace, "chat"), held_ms=9000)
    span: dict[str, Any] = {"from": "2030-01-31T23:00Z", "to": "2030-01-31T23:03Z"}
    timeline = await read(there, "/instances/chat/timeline", **span)
    assert (timeline["start"], timeline["step"]) == ("2030-01-31T23:00:00.000Z", 60)
    assert (timeline["requests"], timeline["errors"], timeline["held"]) == ([1, 0, 0], [0, 0, 0], [1, 0, 0])
    (region,) = timeline["regions"]
    region.pop("regionId")  # None, or that of a Region which another test calls so
    assert region == {"region": "eu", "replicas": [1, 1, 1], "requests": [1, 0, 0]}
    problem = await read(there, "/instances/chat/timeline", 422, **span, step=7)
    assert [error["field"] for error in problem["errors"]] == ["step"]
    problem = await read(there, "/instances/chat/timeline", 422, **{**span, "from": "2031-01-01"})
    assert [error["field"] for error in problem["errors"]] == ["from"]
    await read(there, "/instances/other/timeline", 404)


async def test_prices_have_their_history(there: Rest) -> None:
    rows = await read(there, "/usage/prices", kind="Model")
    assert [(row["name"], row["since"], row["inputPerMillionTokens"]) for row in rows] == [
        ("tiny-model", None, "0.5"),
        ("tiny-model", "2030-01-31T23:00:00.000Z", "1"),
    ]


async def test_spend_tells_of_today_this_month_and_budgets(there: Rest, ledger: Ledger) -> None:
    await make_key(there.client, there.namespace, "batch", budget={"amount": "25", "period": "month"})
    with ledger.engine.begin() as rows:
        write_hour(
            rows, f"{datetime.now(UTC):%Y-%m-%dT%H:00}", namespace=there.namespace, key="batch", prompt=2_000_000
        )

    async def is_known() -> bool:
        return bool((await read(there, "/spend"))["budgets"])

    await eventually(is_known, within=10)
    spend = await read(there, "/spend")
    assert [spend[period]["tokenCost"] for period in ("day", "month")] == ["1", "1"]
    (budget,) = spend["budgets"]
    assert (budget["key"], budget["amount"], budget["spent"]) == ("batch", "25", "1")
    assert budget["until"] > budget["since"]


async def test_the_command_line_shows_a_table_and_its_sum(terminal: Terminal) -> None:
    time = ("--from", "2030-01-01", "--to", "2030-03-01")
    shown = (await terminal.type("usage", "--by", "model", "--every", "month", *time)).stdout.splitlines()
    assert shown[0].split()[:3] == ["TIME", "MODEL", "REQUESTS"]
    assert [line.split()[:3] for line in shown[1:3]] == [["2030-01", "tiny", "5"], ["2030-02", "tiny", "1"]]
    assert shown[3].split()[:2] == ["TOTAL", "6"]
    assert shown[3].split()[-4:] == ["0.0098", "1.92", "5.7000", "USD"]
    rows = list(csv.DictReader(io.StringIO((await terminal.type("usage", "--by", "key", "--csv", *time)).stdout)))
    assert [(row["key"], row["tokenCost"]) for row in rows] == [("app", "0.00575"), ("other", "0.004")]
    report = await terminal.read("usage", *time)
    assert report["totals"][0]["tokenCost"] == "0.00975"
    lines = (await terminal.type("usage", "--export", "hours", "-o", "json", *time)).stdout.splitlines()
    assert len([json.loads(line) for line in lines]) == 3


@pytest.mark.skipif(not shutil.which("jq"), reason="the page's example needs jq")
async def test_a_bill_is_reconciled_as_the_page_says(terminal: Terminal, tmp_path: Path) -> None:
    (recipe,) = [each for each in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) if "--export hours" in each]
    program = tmp_path / "inferops"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m inferops "$@"\n')
    program.chmod(0o755)
    own = {name: value for name, value in terminal.environment.items() if value}
    environment = {**os.environ, **own, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", recipe]
    run = functools.partial(subprocess.run, command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    done = await asyncio.to_thread(run)
    assert done.returncode == 0, done.stderr
    tokens, replicas, *summed = map(Decimal, done.stdout.split())
    assert [tokens, replicas] == summed == [Decimal("0.00575"), Decimal("4.2")]


async def test_the_command_line_shows_spend_and_prices(terminal: Terminal) -> None:
    spend = (await terminal.type("spend")).stdout.splitlines()
    assert [line.split()[0] for line in spend] == ["SPENT", "today", "this"]
    prices = (await terminal.type("prices", "gpu")).stdout
    assert "2030-01-31 23:30" in prices
    assert "the beginning" in prices
    assert "none of key, model" in (await terminal.type("usage", "--by", "keys", status=2)).stderr


async def test_the_command_line_says_that_the_ledger_is_away(rest: Rest, tmp_path: Path) -> None:
    async with open_terminal(rest, tmp_path) as terminal:
        assert (await terminal.fail(6, "spend")).startswith("The ledger does not answer")


async def test_both_clients_read_what_was_used(terminal: Terminal, there: Rest, ledger: Ledger) -> None:
    async with AsyncClient(terminal.url, there.key, retries=0) as client:
        report = await client.usage.report(by=["key"], start="2030-01-01", end=datetime(2030, 3, 1, tzinfo=UTC))
        assert [row.key for row in report.rows] == ["app", "other"]
        only = Only(key=["other", "nobody"])
        pieces = [piece async for piece in client.usage.export("hours", "jsonl", "2030-01-01", "2030-03-01", only)]
        assert [json.loads(line)["key"] for line in b"".join(pieces).splitlines()] == ["other"]
        assert [price.name for price in await client.usage.prices(kind="Hardware")] == ["gpu", "gpu"]
        with ledger.engine.begin() as rows:
            rows.exec_driver_sql("DROP TABLE replicas")
        with pytest.raises(Unavailable, match="ledger does not answer"):
            await client.usage.spend()
