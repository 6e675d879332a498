"""What the meter alone costs: records at a steady rate from a journal that this process writes, to a ledger that only
confirms. Its own CPU, from the kernel; printing to a file, counting and shipping with it.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.gateway.journal_files import JournalWriter
from tests.gateway.meter_process import MeterCommand
from tests.gateway.shaky_ledger import ShakyLedger
from tests.support.eventually import eventually
from tests.support.ports import find_free_ports

RATE = 1000
SECONDS = 20
PER_SECOND = 50
"""Times that records are written."""


async def measure_meter(folder: Path, say: Callable[[str], None]) -> Mapping[str, float]:
    """`meter_alone_cpu_percent`: of a core, at 1,000 records each second; `meter_mebibytes`: its memory."""
    ledger, writer = ShakyLedger(), JournalWriter(folder / "journal")
    admin_port, metrics_port = find_free_ports(2)
    async with ledger.serve():
        command = MeterCommand(folder, writer.folder, admin_port, metrics_port, ledger.url.removeprefix("http://"))
        async with command.run() as meter:
            await write(writer, 1)  # warm
            await arrive(ledger, RATE)
            begun, spent = time.monotonic(), read_cpu(meter.pid)
            await write(writer, SECONDS, start=RATE)
            await arrive(ledger, RATE * (SECONDS + 1))
            percent = (read_cpu(meter.pid) - spent) / (time.monotonic() - begun) * 100
            memory = read_memory(meter.pid)
    writer.die()
    say(f"the meter alone: {percent:.1f} % of a core at {RATE} records/s, {memory:.0f} MiB; {ledger.known} came twice")
    return {"meter_alone_cpu_percent": percent, "meter_mebibytes": memory}


async def write(writer: JournalWriter, seconds: int, start: int = 0) -> None:
    """At the rate, in small steps, as requests end."""
    step = RATE // PER_SECOND
    begun = time.monotonic()
    for number in range(seconds * PER_SECOND):
        first = start + number * step
        writer.write(*(f"record-{first + each:032}" for each in range(step)))
        await asyncio.sleep(max(begun + (number + 1) / PER_SECOND - time.monotonic(), 0))


async def arrive(ledger: ShakyLedger, count: int) -> None:
    """Until the ledger has so many."""
    await eventually(lambda: len(ledger.records) >= count, within=60)


def read_cpu(process: int) -> float:
    """Seconds, of all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_memory(process: int) -> float:
    """MiB that are its own."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1]) / 1024
