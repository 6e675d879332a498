"""How fast and how frugal the operator is, on an etcd and an API server of its own: `make bench-operator`.

Prints what it does to stderr and, last, a JSON line to stdout; docs/benchmarks.md says what each number means.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from bench.operator.availability import measure_writes
from bench.operator.contestants import CONTESTANTS
from bench.operator.pace import Pace, measure_pace
from bench.operator.restart import Restart, create_fleet, measure_restart
from bench.operator.world import start_world

SAMPLES = 100
"""Instances whose writes are counted."""
ROUNDED = 2


def main() -> None:
    """All measurements, one after the other."""
    arguments = read_arguments()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an image has its bytecode
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        paces: dict[str, Pace] = {}
        for name in CONTESTANTS:
            paces[name] = asyncio.run(measure_pace(name, folder / name, arguments.instances))
            say(f"{name}: {paces[name]}")
        writes = asyncio.run(run_writes(folder / "writes"))
        say(f"writes for an instance until Available: {writes}")
        restart = asyncio.run(run_restart(folder / "restart", arguments.fleet, arguments.changes))
        say(f"restart: {restart}")
    print(json.dumps(build_result(paces, writes, restart)))


def read_arguments() -> argparse.Namespace:
    """The command line; with smaller numbers the names in the result stay the same."""
    parser = argparse.ArgumentParser(prog="bench.operator")
    parser.add_argument("--instances", type=int, default=1000, help="applied at once, for each of three operators")
    parser.add_argument("--fleet", type=int, default=10_000, help="converged instances over which it restarts")
    parser.add_argument("--changes", type=int, default=200, help="spec changes among the fleet")
    return parser.parse_args()


async def run_writes(folder: Path) -> float:
    """On a world of its own."""
    async with start_world(folder) as (server, client):
        return await measure_writes(server, client, folder, SAMPLES)


async def run_restart(folder: Path, fleet: int, changes: int) -> Restart:
    """On a world of its own."""
    async with start_world(folder) as (server, client):
        await create_fleet(server, client, folder, fleet)
        return await measure_restart(server, client, folder, fleet, changes)


def build_result(paces: dict[str, Pace], writes: float, restart: Restart) -> dict[str, float]:
    """The numbers by name."""
    ours, go, kopf = (paces[name].instances_per_second for name in CONTESTANTS)
    result = {
        "instances_per_second": ours,
        "ratio_vs_controller_runtime": ours / go,
        "ratio_vs_kopf_handlers": ours / kopf,
        "writes_per_instance": writes,
        "writes_on_converged_restart": restart.writes,
        "restart_seconds_10000": restart.seconds,
        "rss_mb_10000": restart.rss_mb,
        "idle_cpu_percent_10000": restart.idle_cpu_percent,
        "change_p99_ms": restart.change_p99_ms,
        "loop_stall_p99_ms": restart.loop_stall_p99_ms,
        "peak_rss_mb_10000": restart.peak_rss_mb,
        "restart_cpu_seconds_10000": restart.cpu_seconds,
        "change_p50_ms": restart.change_p50_ms,
        **{f"total_cpu_ms_{name}": pace.total_cpu_ms for name, pace in paces.items()},
    }
    return {name: round(value, ROUNDED) for name, value in result.items()}


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
