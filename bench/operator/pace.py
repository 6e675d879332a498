"""Many instances applied at once: how long until all have their children and a true status."""

import os
import time
from pathlib import Path
from typing import NamedTuple

from bench.operator.contestants import run_contestant
from bench.operator.fleet import CHILDREN, build_instance, count_children, create_instances
from bench.operator.processes import read_children, read_cpu
from bench.operator.statuses import Statuses
from bench.operator.world import start_world

WITHIN = 600.0
"""Seconds that a contestant has."""


class Pace(NamedTuple):
    """What one contestant did."""

    instances_per_second: float
    """From the first creation to the last true status."""
    cpu_ms: float
    """Milliseconds of the contestant's CPU for each instance."""
    total_cpu_ms: float
    """The same with etcd, the API server and the one who applies the instances."""


async def measure_pace(contestant: str, folder: Path, count: int) -> Pace:
    """On an etcd and an API server of its own. Raises TimeoutError, and RuntimeError when a child is missing."""
    async with start_world(folder) as (server, client):
        with run_contestant(contestant, server, folder) as pid:
            async with Statuses(client) as statuses:
                await create_instances(client, [build_instance(0)])
                await statuses.wait_true(1, within=60)  # it is up
                used, total, begun = read_cpu(pid), read_world_cpu(), time.monotonic()
                await create_instances(client, map(build_instance, range(1, count + 1)))
                seconds = await statuses.wait_true(count + 1, WITHIN) - begun
                used, total = read_cpu(pid) - used, read_world_cpu() - total
            if (children := count_children(server)) != CHILDREN * (count + 1):
                raise RuntimeError(f"{contestant} made {children} children of {CHILDREN * (count + 1)}")
        return Pace(count / seconds, used / count * 1000, total / count * 1000)


def read_world_cpu() -> float:
    """Seconds of CPU of all that this benchmark runs."""
    here = os.getpid()
    return sum(map(read_cpu, [here, *read_children(here)]))
