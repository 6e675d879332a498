"""Since when instances are idle, in a ConfigMap: whoever serves next goes on counting, and neither wakes who sleeps nor
ends who is busy. An instance that is not in it counts its idle time from then on.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from inferops.cluster.client import Client
from inferops.errors import ClusterError, NotFound
from inferops.names import Manifest

logger = logging.getLogger(__name__)

NAME = "inferops-activity"
SETTLED = 10.0
"""Seconds of idleness that are worth a line: what is called often would be written often."""
AGAIN = 10.0
"""Seconds until a write that failed is tried again."""


@dataclass(frozen=True)
class Idleness:
    """Times in seconds of the monotonic clock."""

    watched: float
    """Until when this was so."""
    since: dict[str, float]
    """By instance."""


def build_record(idleness: Idleness, namespace: str, offset: float) -> Manifest:
    """The ConfigMap; `offset`: seconds from the monotonic clock to Unix time."""
    since = {instance: round(time + offset, 1) for instance, time in sorted(idleness.since.items())}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": namespace},
        "data": {"watched": str(round(idleness.watched + offset, 1)), "idleSince": json.dumps(since, indent=0)},
    }


def parse_record(record: Manifest, offset: float) -> Idleness:
    """Of the ConfigMap. Raises ValueError, KeyError, TypeError or AttributeError where somebody has changed it."""
    data = record["data"]
    since = {str(instance): float(time) - offset for instance, time in json.loads(data["idleSince"]).items()}
    return Idleness(float(data["watched"]) - offset, since)


async def read_idleness(client: Client, namespace: str) -> Idleness | None:
    """What was known last; None: nothing."""
    try:
        return parse_record(await client.get("ConfigMap", namespace, NAME), clock_offset())
    except NotFound:
        return None
    except (ClusterError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("idle times unknown: all count from now on", extra={"error": f"{type(error).__name__}: {error}"})
        return None


class IdleRecord:
    """Writes what changed; `look(settled)` says what is so now."""

    def __init__(self, client: Client, namespace: str, look: Callable[[float], Idleness]) -> None:
        self._client = client
        self._namespace = namespace
        self._look = look
        self._written: dict[str, float] | None = None
        self._failed = float("-inf")

    async def update(self) -> None:
        """Write if something changed."""
        now = self._look(SETTLED)
        if now.since != self._written and time.monotonic() - self._failed > AGAIN:
            await self.write(now)

    async def finish(self) -> None:
        """Write all that is known at the end."""
        await self.write(self._look(0))

    async def write(self, idleness: Idleness) -> None:
        """Never raises: without it idle times are longer, no more."""
        try:
            await self._client.apply(build_record(idleness, self._namespace, clock_offset()))
        except ClusterError as error:
            self._failed = time.monotonic()
            logger.warning("idle times not written", extra={"error": str(error)})
        else:
            self._written = idleness.since


def clock_offset() -> float:
    """Seconds from the monotonic clock to Unix time."""
    return time.time() - time.monotonic()
