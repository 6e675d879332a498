"""The fields of a status that control writes, each under a field manager of its own."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from inferops.cluster.client import Client
from inferops.cluster.store import name_of
from inferops.errors import ClusterError, NotFound
from inferops.gateway.instances import Instance
from inferops.names import API_VERSION, Manifest, instance_id

logger = logging.getLogger(__name__)

Instances = Callable[[], Mapping[str, Instance]]
"""Those that there are, by id."""


class Field(NamedTuple):
    """One of them."""

    name: str
    manager: str


REFUSAL = Field("gatewayRefusal", "inferops-control")
SILENCE = Field("metricsProblem", "inferops-control-metrics")


def read_reported(instances: Iterable[Manifest], field: Field) -> dict[str, str]:
    """What InferenceInstances say there, by instance."""
    statuses = ((instance_id(*name_of(obj)), obj.get("status") or {}) for obj in instances)
    return {owner: status[field.name] for owner, status in statuses if field.name in status}


async def bring(
    client: Client, field: Field, messages: Mapping[str, str], known: Mapping[str, Instance], told: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """Write what is not `told` yet, by instance; what is told now, and whether that is all."""
    wanted = {owner: words for owner, words in messages.items() if owner in known}
    changed = [owner for owner in wanted.keys() | told.keys() if wanted.get(owner) != told.get(owner)]
    failed = [owner for owner in changed if not await write(client, field, known.get(owner), wanted.get(owner))]
    return wanted | dict.fromkeys(failed, ""), not failed


async def write(client: Client, field: Field, instance: Instance | None, words: str | None) -> bool:
    """One status; whether nothing is left to do."""
    if instance is None:
        return True
    identity = {"namespace": instance.namespace, "name": instance.name}
    status = {field.name: words} if words else {}
    manifest: Manifest = {"apiVersion": API_VERSION, "kind": "InferenceInstance", "metadata": identity}
    try:
        await client.apply({**manifest, "status": status}, manager=field.manager, subresource="status")
    except NotFound:
        return True
    except ClusterError as error:
        fields = {"instance": instance.id, "field": field.name, "error": str(error)}
        logger.warning("status not written", extra=fields)
        return False
    return True
