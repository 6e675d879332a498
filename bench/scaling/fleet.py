"""A thousand instances at zero: what their sleep costs, and how fast a hundred of them wake at once."""

import asyncio
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.operator.processes import read_cpu
from bench.scaling.place import Answer, Place, build_instance
from tests.e2e.world import read_pids

SETTLE_SECONDS, IDLE_SECONDS = 20.0, 60.0
PER_SCALED_OBJECT = 1.0
"""Seconds of patience for each ScaledObject until KEDA has taken all of them up."""
WITHIN = 300.0
COMMANDS = ("keda", "kube-apiserver", "kube-controller", "etcd", "envoy")
"""Who else works for the sleepers, as the kernel names them."""
HTTP_OK = 200


class Fleet(NamedTuple):
    """What was measured."""

    taken_up_s: float
    """From the first create until KEDA listens for each instance."""
    idle_cpu_percent: dict[str, float]
    """Of one core, by process."""
    woken_s: float
    """From the first of the requests until the last asked instance has a replica to start."""
    answered_s: float
    """Until the last of them has its answer."""
    failed: int
    """Requests without a good answer."""
    woken: int


async def measure_fleet(place: Place, model: str, count: int, woken: int) -> Fleet:
    """So many instances, of which some wake."""
    names = [f"sleeper-{number}" for number in range(count)]
    begun = time.monotonic()
    await place.create(build_instance(name, model) for name in names)
    say(f"created {count} instances: {time.monotonic() - begun:.1f} s")
    await place.wait_asleep(count, PER_SCALED_OBJECT * count)
    taken_up = time.monotonic() - begun
    say(f"KEDA has taken them up: {taken_up:.1f} s")
    await asyncio.sleep(SETTLE_SECONDS)
    idle = await measure_idle(IDLE_SECONDS)
    say(f"idle, percent of a core: {idle}")
    asked = names[:: count // woken][:woken]
    begun = time.monotonic()
    answers, scaled = await asyncio.gather(
        asyncio.gather(*(place.ask(name, model) for name in asked)),
        asyncio.gather(*(place.timeline.wait_scaled(place.deployment(name), 1, WITHIN) for name in asked)),
    )
    answered = max(answer.answered for answer in answers) - begun
    return Fleet(taken_up, idle, max(scaled) - begun, answered, count_failed(answers), len(scaled))


def count_failed(answers: list[Answer]) -> int:
    """Shows them, too."""
    failed = [answer for answer in answers if answer.status != HTTP_OK]
    for answer in failed[:3]:
        say(f"failed: {answer.status} after {answer.answered - answer.asked:.1f} s: {answer.text[:200]}")
    return len(failed)


async def measure_idle(seconds: float) -> dict[str, float]:
    """Percent of a core that each process takes while nothing happens."""
    pids = find_processes()
    before, begun = {name: sum(map(read_cpu, each)) for name, each in pids.items()}, time.monotonic()
    await asyncio.sleep(seconds)
    elapsed = time.monotonic() - begun
    return {name: round(100 * (sum(map(read_cpu, each)) - before[name]) / elapsed, 1) for name, each in pids.items()}


def find_processes() -> dict[str, list[int]]:
    """Process ids by name: those in pods are processes of this machine, too."""
    found = {f"inferops {process}": read_pids(process) for process in ("control", "operator")}
    found |= {command: [] for command in COMMANDS}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "comm").read_text().strip()
        except FileNotFoundError:
            continue
        if command in found:
            found[command].append(int(folder.name))
    return found


def say(text: str) -> None:
    """Progress."""
    print(f"  {text}", file=sys.stderr, flush=True)
