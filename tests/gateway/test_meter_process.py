"""The meter as a process: its end, kill -9 at any moment, slow readers, and outages that last."""

import asyncio
import json
import os
import random
from pathlib import Path

import httpx
import pytest

from tests.gateway.journal_files import JournalWriter
from tests.gateway.meter_process import MeterCommand
from tests.gateway.shaky_ledger import ShakyLedger
from tests.support.eventually import PATIENCE, eventually
from tests.support.ports import find_free_ports

pytestmark = pytest.mark.slow


@pytest.fixture
def command(tmp_path: Path, writer: JournalWriter, ledger: ShakyLedger) -> MeterCommand:
    admin_port, metrics_port = find_free_ports(2)
    return MeterCommand(tmp_path, writer.folder, admin_port, metrics_port, ledger.url.removeprefix("http://"))


def printed(command: MeterCommand) -> list[str]:
    whole, _, _ = command.out.read_bytes().rpartition(b"\n")
    return [json.loads(line)["id"] for line in whole.splitlines()]


async def read_metric(command: MeterCommand, name: str) -> float:
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{command.metrics_port}/metrics")).text
    return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} ")), 0.0)


async def test_records_are_printed_and_stored(
    command: MeterCommand, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    async with command.run():
        writer.write("one", "two")
        await eventually(lambda: list(ledger.records) == ["one", "two"] == printed(command))
        assert ledger.meters == {"gateway-1"}
        assert await read_metric(command, 'inferops_meter_records_total{outcome="stored"}') == 2
        assert await read_metric(command, 'inferops_gateway_requests_total{client="team/alice"') == 0
        assert await read_metric(command, "inferops_meter_waiting_bytes") == 0


async def test_kill_9_at_any_moment_loses_and_doubles_nothing(
    command: MeterCommand, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    ids = [f"{number:05}" for number in range(4000)]
    chance = random.Random(8)  # noqa: S311

    async def write() -> None:
        for start in range(0, len(ids), 20):
            writer.write(*ids[start : start + 20])
            await asyncio.sleep(0.02)

    writing = asyncio.create_task(write())
    for _ in range(4):
        async with command.run():
            await asyncio.sleep(chance.uniform(0, 0.8))
    async with command.run():
        await writing
        await eventually(lambda: sorted(ledger.records) == ids)
    assert len(set(printed(command))) == len(printed(command))


async def test_an_outage_costs_the_disk_and_no_memory(
    command: MeterCommand, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    ledger.mood = "error"
    async with command.run() as meter:
        writer.write("first")
        await eventually(lambda: ledger.asked)
        before = read_memory(meter.pid)
        ids = [f"{number:06}" for number in range(20_000)]
        writer.write(*ids)  # 12 MB
        await eventually(lambda: command.out.read_bytes().count(b"\n") == 20_001, within=30)
        assert await read_metric(command, "inferops_meter_waiting_bytes") > 8e6
        assert await read_metric(command, "inferops_meter_oldest_seconds") > 0
        assert await read_metric(command, 'inferops_meter_failures_total{reason="status"}') > 0
        assert read_memory(meter.pid) - before < 16 << 20
        ledger.mood = "well"
        await eventually(lambda: len(ledger.records) == 20_001, within=40)
    assert ledger.known == 0
    assert list(ledger.records) == ["first", *ids]


def read_memory(process: int) -> int:
    """Bytes that are its own."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1]) << 10


async def test_who_reads_standard_output_slowly_delays_no_record_and_no_end(
    command: MeterCommand, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    os.mkfifo(command.out)
    reader = os.open(command.out, os.O_RDONLY | os.O_NONBLOCK)  # and it reads nothing
    ids = [str(number) for number in range(1000)]  # more than a pipe holds
    try:
        async with command.run("--drain-seconds", "0", "--settle-seconds", "0") as meter:
            writer.write(*ids)
            await eventually(lambda: list(ledger.records) == ids)
            meter.terminate()
            writer.write("late")
            writer.die()
            assert await asyncio.wait_for(meter.wait(), 20 * PATIENCE) == 0
            assert "late" in ledger.records
    finally:
        os.close(reader)


async def test_at_its_end_the_meter_waits_for_the_ledger_as_long_as_it_may(
    command: MeterCommand, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    ledger.mood = "error"
    async with command.run("--drain-seconds", "20", "--settle-seconds", "0") as meter:
        writer.write("one")
        await eventually(lambda: ledger.asked)
        meter.terminate()
        writer.write("two")
        writer.die()
        await asyncio.sleep(0.5)
        assert meter.returncode is None
        ledger.mood = "well"
        assert await asyncio.wait_for(meter.wait(), 10 * PATIENCE) == 0
    assert list(ledger.records) == ["one", "two"]


async def test_what_stays_behind_at_the_end_is_told_and_printed(
    command: MeterCommand, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    ledger.mood = "hang"
    options = ("--drain-seconds", "0", "--settle-seconds", "0", "--ship-seconds", "1")
    async with command.run(*options) as meter:
        writer.write("one")
        await eventually(lambda: ledger.asked)
        writer.die()
        meter.terminate()
        _, errors = await asyncio.wait_for(meter.communicate(), 10 * PATIENCE)
    assert b'"records stay behind"' in errors
    assert printed(command) == ["one"]


async def test_without_a_ledger_records_are_printed_and_go(
    tmp_path: Path, writer: JournalWriter, command: MeterCommand
) -> None:
    alone = MeterCommand(tmp_path, writer.folder, command.admin_port, command.metrics_port)
    ids = [f"{number:05}" for number in range(6000)]
    async with alone.run():
        writer.write(*ids)
        await eventually(lambda: printed(alone) == ids)
        await eventually(lambda: len(list(writer.folder.glob("*.log"))) == 1)
