"""Puts instances to sleep the moment their podLifetime is over. KEDA would do so at its next poll: to be as exact it
would have to poll every two seconds, which for a thousand sleepers takes more than both cores of a small machine.

KEDA stays the engine: control writes zero only where KEDA listens and would hear "idle" at its next poll.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial

from inferops.cluster.client import Client
from inferops.control import metrics
from inferops.control.scale import scale, watch
from inferops.control.world import World
from inferops.gateway.instances import Instance
from inferops.plan.scaling import falls_asleep
from inferops.plan.triggers import pod_lifetime

logger = logging.getLogger(__name__)

LOOK = 0.5
AGAIN = 2.0
"""Seconds between tries for one instance."""
IsIdle = Callable[[str, float], bool]
"""Of an instance's id and podLifetime in seconds: whether KEDA's next poll would put it to sleep."""


async def put_to_sleep(client: Client, world: World, is_idle: IsIdle) -> None:
    """For ever: no replica for every warm instance that is idle."""
    await watch(lambda _: find_idle(world, is_idle), partial(rest, client), look=LOOK, again=AGAIN)


def find_idle(world: World, is_idle: IsIdle) -> Iterator[Instance]:
    """Those that have a ready replica and could do without."""
    for route_id in [each for each, route in world.routes.items() if not route.cold]:
        instance = world.instances.get(route_id)
        lifetime = pod_lifetime(instance.spec.pod_lifetime) if instance else None
        if instance and lifetime is not None and is_idle(route_id, lifetime):
            yield instance


async def rest(client: Client, instance: Instance) -> None:
    """No replica in each region that may be without."""
    for region in instance.spec.regions:
        workload = instance.workloads[region.region]
        if falls_asleep(region.scale) and await scale(client, instance, workload, 0):
            metrics.SLEEPS.inc()
            logger.info("put to sleep", extra={"instance": instance.id, "workload": workload})
