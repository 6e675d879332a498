"""What gateways refuse of an instance's configuration, and how its user hears of it: `status.gatewayRefusal`, the one
field of a status that control writes. The operator makes condition Routable of it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from inferops.cluster.client import Client
from inferops.cluster.store import name_of
from inferops.errors import ClusterError, NotFound
from inferops.gateway.instances import Instance
from inferops.names import API_VERSION, Manifest, instance_id

logger = logging.getLogger(__name__)

MANAGER = "inferops-control"
"""Owner of the field."""
FIELD = "gatewayRefusal"
LONGEST = 500
"""Characters of Envoy's words: a condition is read by people."""
SETTLE_SECONDS = 10.0
"""After the start: gateways connect, and refuse again what they refused before."""
GATHER_SECONDS = 0.5
"""What is refused in company is sent again alone: only that tells whom it concerns."""
RETRY_SECONDS = 10.0


class Refusals:
    """By instance: which gateway refuses which kind of resource, in its words."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._known: dict[str, dict[tuple[str, str], str]] = {}

    def add(self, resource: str, gateway: str, kind: str, words: str) -> None:
        """A gateway refuses the present version of a resource that came alone."""
        self._known.setdefault(owner_of(resource), {})[gateway, kind] = words
        self.changed.set()

    def clear(self, resources: Iterable[str], gateway: str, kind: str) -> None:
        """It took these."""
        if self._known:
            for owner in self._known.keys() & set(map(owner_of, resources)):
                self._forget(owner, lambda which: which == (gateway, kind))

    def forget(self, gateway: str) -> None:
        """It is gone, or will connect again."""
        for owner in list(self._known):
            self._forget(owner, lambda which: which[0] == gateway)

    def messages(self) -> dict[str, str]:
        """By instance: what is refused, in one sentence."""
        return {owner: describe(refused) for owner, refused in self._known.items()}

    def _forget(self, owner: str, fits: Callable[[tuple[str, str]], bool]) -> None:
        kept = {which: words for which, words in self._known[owner].items() if not fits(which)}
        if len(kept) < len(self._known[owner]):
            self.changed.set()
        if kept:
            self._known[owner] = kept
        else:
            del self._known[owner]


def owner_of(resource: str) -> str:
    """The instance whose resource it is: they have its id, after the name of the table where they are part of one."""
    return resource.rpartition("/")[2]


def describe(refused: Mapping[tuple[str, str], str]) -> str:
    """The first of what is refused, always the same one."""
    (gateway, kind), words = min(refused.items())
    flat = " ".join(words.split())
    return f"{kind}: {flat[:LONGEST]}" + (f" ({gateway})" if gateway else "")


def read_reported(instances: Iterable[Manifest]) -> dict[str, str]:
    """What InferenceInstances say that is refused, by instance."""
    statuses = ((instance_id(*name_of(obj)), obj.get("status") or {}) for obj in instances)
    return {owner: status[FIELD] for owner, status in statuses if FIELD in status}


async def report_refusals(
    client: Client, refusals: Refusals, instances: Callable[[], Mapping[str, Instance]], told: dict[str, str]
) -> None:
    """For ever: keep the statuses so. `told` is what they say at first, by instance."""
    await asyncio.sleep(SETTLE_SECONDS)
    while True:
        refusals.changed.clear()
        known = instances()
        wanted = {owner: words for owner, words in refusals.messages().items() if owner in known}
        changed = [owner for owner in wanted.keys() | told.keys() if wanted.get(owner) != told.get(owner)]
        failed = [owner for owner in changed if not await report(client, known.get(owner), wanted.get(owner))]
        told = wanted | dict.fromkeys(failed, "")
        try:
            async with asyncio.timeout(RETRY_SECONDS if failed else None):
                await refusals.changed.wait()
            await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            continue


async def report(client: Client, instance: Instance | None, words: str | None) -> bool:
    """Write one; whether nothing is left to do."""
    if instance is None:
        return True
    identity = {"namespace": instance.namespace, "name": instance.name}
    status = {FIELD: words} if words else {}
    manifest: Manifest = {"apiVersion": API_VERSION, "kind": "InferenceInstance", "metadata": identity}
    try:
        await client.apply({**manifest, "status": status}, manager=MANAGER, subresource="status")
    except NotFound:
        return True
    except ClusterError as error:
        logger.warning("refusal not reported", extra={"instance": instance.id, "error": str(error)})
        return False
    return True
