"""Wakes an instance when KEDA does not: it takes up a few ScaledObjects a second, so that a new instance, or each of a
thousand after KEDA's restart, may wait for minutes until KEDA listens.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial

from inferops.cluster.client import Client
from inferops.control import metrics
from inferops.control.activity import Activity
from inferops.control.scale import scale, watch
from inferops.control.world import World
from inferops.gateway.instances import Instance

logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that KEDA gets where it listens; it takes some hundredths of one."""
AGAIN = 10.0
"""Seconds between tries for one instance."""
LOOK = 0.25
Listens = Callable[[str], bool]
"""Of an instance's id: whether KEDA is told of its requests."""


async def wake_forgotten(client: Client, world: World, activity: Activity, listens: Listens) -> None:
    """For ever: give one replica to every instance whose requests wait and that has none."""
    find = partial(find_forgotten, world, activity, listens)
    await watch(find, partial(wake, client), look=LOOK, again=AGAIN)


def find_forgotten(world: World, activity: Activity, listens: Listens, now: float) -> Iterator[Instance]:
    """Those whose requests have waited longer than KEDA takes, or of which KEDA does not hear."""
    for instance, since in activity.waiting().items():
        overdue = now - since >= PATIENCE or not listens(instance)
        if overdue and instance in world.instances:
            yield world.instances[instance]


async def wake(client: Client, instance: Instance) -> None:
    """One replica in each region that has none. What fails is tried again later."""
    for workload in instance.workloads.values():
        if await scale(client, instance, workload, 1):
            metrics.WAKES.inc()
            logger.info("woken: KEDA did not", extra={"instance": instance.id, "workload": workload})
