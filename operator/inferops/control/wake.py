"""Wakes an instance when KEDA does not: after a restart KEDA needs up to a minute until it listens again."""

import asyncio
import logging
import time

from inferops.cluster.client import Client
from inferops.control import metrics
from inferops.control.activity import Activity
from inferops.control.scale import scale
from inferops.control.world import World
from inferops.gateway.instances import Instance

logger = logging.getLogger(__name__)

PATIENCE = 3.0
"""Seconds that KEDA gets."""
AGAIN = 10.0
"""Seconds between tries for one instance."""
LOOK = 1.0


async def wake_forgotten(client: Client, world: World, activity: Activity) -> None:
    """For ever: give one replica to every instance whose requests wait and that has none."""
    tried: dict[str, float] = {}
    while True:
        await asyncio.sleep(LOOK)
        now = time.monotonic()
        tried = {instance: when for instance, when in tried.items() if now - when < AGAIN}
        late = [instance for instance, since in activity.waiting().items() if now - since >= PATIENCE]
        forgotten = [world.instances[each] for each in late if each in world.instances and each not in tried]
        tried |= {instance.id: now for instance in forgotten}
        await asyncio.gather(*(wake(client, instance) for instance in forgotten))


async def wake(client: Client, instance: Instance) -> None:
    """One replica in each region that has none. What fails is tried again later."""
    for workload in instance.workloads.values():
        if await scale(client, instance, workload, 1):
            metrics.WAKES.inc()
            logger.info("woken: KEDA did not", extra={"instance": instance.id, "workload": workload})
