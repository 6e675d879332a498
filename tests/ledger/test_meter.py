"""Journal, meter and ledger, each a process of its own or its files: each record once, whoever is killed and when."""

import asyncio
import random
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inferops.names import Manifest
from tests.gateway.journal_files import JournalWriter
from tests.gateway.meter_process import MeterCommand
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.ledger_process import LedgerProcess
from tests.support.ports import find_free_ports
from tests.support.postgresql import Postgresql

RECORDS = 3000
NOW = datetime.now(UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Manifest:
    if request.param == "sqlite":
        return {"path": str(tmp_path / "ledger.db")}
    server: Postgresql = request.getfixturevalue("postgresql")
    file = tmp_path / "url"
    file.write_text(server.create(f"ledger_{secrets.token_hex(4)}"))
    return {"urlFile": str(file)}


async def write(writer: JournalWriter, seconds: float) -> None:
    """Records of 1, 2, 3, ... prompt tokens, spread over that time."""
    for number in range(RECORDS):
        usage = {"prompt_tokens": number, "completion_tokens": 2}
        writer.write(f"r-{number}", time=NOW.isoformat(), usage=usage)
        if number % 30 == 0:
            await asyncio.sleep(seconds * 30 / RECORDS)
    writer.write_line(b"nonsense\n")


def read_sums(ledger: LedgerProcess) -> tuple[int, int, int]:
    """Requests, prompt and completion tokens."""
    day = timedelta(days=1)
    query = {"from": (NOW - day).isoformat(), "to": (NOW + day).isoformat(), "every": "total", "by": "key"}
    rows = ledger.ask("/v1/reports", **query)["rows"]
    return (
        sum(row["requests"] for row in rows),
        sum(row["prompt"] for row in rows),
        sum(r["completion"] for r in rows),
    )


async def test_each_record_is_stored_once_whoever_is_killed(own: ApiServer, database: Manifest, tmp_path: Path) -> None:
    ledger = LedgerProcess(tmp_path, own.kubeconfig, database)
    writer = JournalWriter(tmp_path / "journal")
    admin_port, metrics_port = find_free_ports(2)
    command = MeterCommand(tmp_path, writer.folder, admin_port, metrics_port, ledger.url.removeprefix("http://"))
    chance = random.Random(4)  # noqa: S311
    await eventually(ledger.is_ready, within=30)
    writing = asyncio.create_task(write(writer, seconds=8))
    for _ in range(3):
        async with command.run():
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            ledger.kill()
            await asyncio.sleep(chance.uniform(0, 0.5))
            ledger.start()
    try:
        async with command.run("--drain-seconds", "0", "--settle-seconds", "0", "--ship-seconds", "60") as meter:
            await writing
            writer.die()
            meter.terminate()
            assert await asyncio.wait_for(meter.wait(), 60) == 0
        assert read_sums(ledger) == (RECORDS, sum(range(RECORDS)), 2 * RECORDS)
    finally:
        assert ledger.terminate() == 0
