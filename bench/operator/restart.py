"""Many instances that agree with the cluster: what a new operator process does about them."""

import asyncio
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.operator.changes import measure_changes
from bench.operator.contestants import run_operator
from bench.operator.fleet import build_instance, create_instances
from bench.operator.processes import read_cpu, read_memory
from bench.operator.stalls import percentile, read_stalls
from bench.operator.statuses import Statuses
from inferops.cluster.client import Client
from tests.support.apiserver import ApiServer
from tests.support.operator_process import OperatorProcess

SETTLE_SECONDS, IDLE_SECONDS = 15.0, 60.0
WITHIN = 120.0
BEAT = 500
"""Instances at once while the fleet is made."""


class Restart(NamedTuple):
    """What was measured; seconds since the process was started until it has reconciled every instance."""

    writes: int
    seconds: float
    cpu_seconds: float
    rss_mb: int
    peak_rss_mb: int
    idle_cpu_percent: float
    change_p50_ms: float
    change_p99_ms: float
    loop_stall_p99_ms: float


async def create_fleet(server: ApiServer, client: Client, folder: Path, count: int) -> None:
    """The instances, and all that the operator makes of them."""
    with run_operator(server, folder) as operator:
        async with Statuses(client) as statuses:
            for first in range(0, count, BEAT):
                await create_instances(client, map(build_instance, range(first, min(first + BEAT, count))))
                await statuses.wait_true(min(first + BEAT, count), WITHIN)
                print(f"  {first + BEAT} instances", file=sys.stderr)
        await operator.quiesce()


async def measure_restart(server: ApiServer, client: Client, folder: Path, count: int, changes: int) -> Restart:
    """A new process over a fleet of so many."""
    begun = time.monotonic()
    with run_operator(server, folder) as operator:
        await wait_converged(operator, count, begun + WITHIN)
        seconds, cpu = time.monotonic() - begun, read_cpu(operator.pid)
        started = percentile({}, await read_stalls(operator), 0.99)
        await asyncio.sleep(SETTLE_SECONDS)
        await operator.quiesce()
        writes, idle = sum((await operator.read_writes()).values()), await measure_idle(operator)
        (rss, peak), before = read_memory(operator.pid), await read_stalls(operator)
        delays = await measure_changes(client, count, changes)
        changed = percentile(before, await read_stalls(operator), 0.99)
    return Restart(
        writes=writes,
        seconds=seconds,
        cpu_seconds=cpu,
        rss_mb=rss,
        peak_rss_mb=peak,
        idle_cpu_percent=100 * idle,
        change_p50_ms=1000 * delays[len(delays) // 2],
        change_p99_ms=1000 * delays[len(delays) * 99 // 100],
        loop_stall_p99_ms=1000 * max(started, changed),
    )


async def measure_idle(operator: OperatorProcess) -> float:
    """Cores that it uses while nothing happens."""
    used, begun = read_cpu(operator.pid), time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    return (read_cpu(operator.pid) - used) / (time.monotonic() - begun)


async def wait_converged(operator: OperatorProcess, count: int, deadline: float) -> None:
    """Until it leads and has reconciled every instance."""
    await operator.wait_leading(WITHIN)
    while True:
        reconciled = (await operator.read("inferops_reconciles_total", "kind")).get("InferenceInstance", 0)
        waiting = sum((await operator.read("inferops_queue_depth", "")).values())
        if reconciled >= count and waiting == 0:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{reconciled} of {count} instances reconciled")
        await asyncio.sleep(0.1)
