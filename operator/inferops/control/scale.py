"""Writes the replicas of a region by the scale subresource, as KEDA does, for instances that need it now and then."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from inferops.cluster.client import Client
from inferops.errors import ClusterError, NotFound
from inferops.gateway.instances import Instance

logger = logging.getLogger(__name__)


async def watch(
    find: Callable[[float], Iterable[Instance]],
    act: Callable[[Instance], Awaitable[None]],
    *,
    look: float,
    again: float,
) -> None:
    """For ever: act on all that are found, each `look` seconds, and on one instance at most each `again` seconds.
    `find` is told the time, in seconds of a monotonic clock.
    """
    tried: dict[str, float] = {}
    while True:
        await asyncio.sleep(look)
        now = time.monotonic()
        tried = {instance: when for instance, when in tried.items() if now - when < again}
        found = [instance for instance in find(now) if instance.id not in tried]
        tried |= {instance.id: now for instance in found}
        await asyncio.gather(*map(act, found))


async def scale(client: Client, instance: Instance, workload: str, replicas: int) -> bool:
    """From none to one, or from some to none: whether there was something to write. What fails is logged, and for its
    caller to try again.
    """
    try:
        deployment = await client.get("Deployment", instance.namespace, workload)
        if bool(deployment["spec"].get("replicas", 1)) == bool(replicas):
            return False
        patch = {"spec": {"replicas": replicas}}
        await client.patch("Deployment", instance.namespace, workload, patch, subresource="scale")
    except NotFound:
        return False
    except ClusterError as error:
        fields = {"instance": instance.id, "workload": workload, "replicas": replicas, "error": str(error)}
        logger.warning("not scaled", extra=fields)
        return False
    return True
