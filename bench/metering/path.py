"""The way of a record under a steady load: what is lost, doubled or wrong, how late it comes, and what that costs."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from bench.gateway.wire import Ask, run_load
from bench.metering.databases import run_databases
from bench.metering.lag import Lag
from bench.operator.processes import read_cpu
from tests.gateway.metered import Metered, run_metered
from tests.support.apiserver import start_apiserver
from tests.support.crds import install_crds
from tests.support.eventually import eventually
from tests.support.usage_load import Heard
from tests.support.usage_truth import Differences

SECONDS = 60.0
ASKS = (Ask(rate=800, seconds=SECONDS, connections=32), Ask(stream=True, rate=200, seconds=SECONDS, connections=32))
"""A thousand requests per second, of which every fifth is a stream of 16 tokens."""
WARM = Ask(rate=100, seconds=3.0, connections=8)
STORED_SECONDS = 60.0
"""At most, after the load's end."""
PARTS = ("engine", "control", "envoy", "meter", "ledger")


async def measure_path(folder: Path, say: Callable[[str], None]) -> dict[str, float]:
    """On SQLite and on PostgreSQL: each number by database, and the worse of the two."""
    found: dict[str, dict[str, float]] = {}
    with start_apiserver(folder) as server:
        install_crds(server)
        async with run_databases() as databases:
            for name, url in databases.items():
                place = folder / name
                place.mkdir()
                async with run_metered(place, server.kubeconfig, url) as metered:
                    found[name] = await measure(metered)
                say(f"{name:10} {found[name]}")
    worst = {name: choose_worse(name)(each[name] for each in found.values()) for name in next(iter(found.values()))}
    return worst | {f"{name}_{database}": each[name] for database, each in found.items() for name in each}


def choose_worse(name: str) -> Callable[[Iterable[float]], float]:
    """More is worse, but for requests per second."""
    return min if name == "path_rps" else max


async def measure(metered: Metered) -> dict[str, float]:
    """One run."""
    await run_load(metered.gateway.port, metered.headers, WARM)
    begun, before = time.monotonic(), read_cpus(metered)
    async with watch(Lag(metered.database)) as lag:
        loads = await asyncio.gather(*(run_load(metered.gateway.port, metered.headers, ask) for ask in ASKS))
        took, after = time.monotonic() - begun, read_cpus(metered)
        differences = await wait_stored(metered)
    rps = sum(load.requests for load in loads) / SECONDS
    percent = {f"{name}_cpu_percent_per_1000rps": 100e3 * (after[name] - before[name]) / took / rps for name in PARTS}
    return {
        "records_lost": len(differences.lost),
        "records_doubled": len(differences.doubled) + len(differences.rolled_up),
        "token_error": differences.token_error,
        "lag_p99_s": statistics.quantiles(lag.seconds, n=100)[-1],
        "lag_p50_s": statistics.median(lag.seconds),
        "path_rps": rps,
        "path_p50_ms": max(load.p50_ms for load in loads),
        **percent,
    }


def read_cpus(metered: Metered) -> dict[str, float]:
    """Seconds by part, until now."""
    return {name: read_cpu(getattr(metered, name).pid) for name in PARTS}


async def wait_stored(metered: Metered) -> Differences:
    """Until nothing is missing, or for so long."""
    differences = Differences()

    async def stored() -> bool:
        nonlocal differences
        differences = await metered.compare(Heard())
        return not differences.lost

    try:
        await eventually(stored, within=STORED_SECONDS, interval=2.0)
    except AssertionError:
        return differences
    return differences


@asynccontextmanager
async def watch(lag: Lag) -> AsyncIterator[Lag]:
    """Look for new records while the context lasts, and once more at its end."""
    looking = asyncio.create_task(lag.run())
    try:
        yield lag
    finally:
        looking.cancel()
        await lag.close()
