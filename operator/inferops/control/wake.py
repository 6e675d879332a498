"""Wakes an instance when KEDA does not: after a restart KEDA needs up to a minute until it listens again."""

import logging
from collections.abc import Iterator
from functools import partial

from inferops.cluster.client import Client
from inferops.control import metrics
from inferops.control.activity import Activity
from inferops.control.scale import scale, watch
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
    await watch(lambda now: find_forgotten(world, activity, now), partial(wake, client), look=LOOK, again=AGAIN)


def find_forgotten(world: World, activity: Activity, now: float) -> Iterator[Instance]:
    """Those whose requests have waited longer than KEDA takes."""
    for instance, since in activity.waiting().items():
        if now - since >= PATIENCE and instance in world.instances:
            yield world.instances[instance]


async def wake(client: Client, instance: Instance) -> None:
    """One replica in each region that has none. What fails is tried again later."""
    for workload in instance.workloads.values():
        if await scale(client, instance, workload, 1):
            metrics.WAKES.inc()
            logger.info("woken: KEDA did not", extra={"instance": instance.id, "workload": workload})
