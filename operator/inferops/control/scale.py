"""Writes the replicas of a region by the scale subresource, as KEDA does."""

import logging

from inferops.cluster.client import Client
from inferops.errors import ClusterError, NotFound
from inferops.gateway.instances import Instance

logger = logging.getLogger(__name__)


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
