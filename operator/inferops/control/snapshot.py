"""The configuration that every gateway replica should have, and who has yet to acknowledge it."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Protocol

from inferops.control import metrics
from inferops.control.refusals import Refusals
from inferops.gateway.resources import ORDER, SHORT_NAMES, Resource

logger = logging.getLogger(__name__)

ACK_TIMEOUT = 2.0
"""Seconds. A gateway that does not answer must not keep the others from what they need."""


class Subscriber(Protocol):
    """One connected gateway replica."""

    node: str
    changed: asyncio.Event
    """Set when there may be something to send."""

    def note(self, kind: str, name: str) -> None:
        """The resource came, changed or went."""
        ...

    def lacks(self, kind: str, name: str) -> bool:
        """Whether it should have the resource's present version and has not said that it has."""
        ...


class Snapshot:
    """All resources by kind and name."""

    def __init__(self) -> None:
        self.subscribers: set[Subscriber] = set()
        self.refusals = Refusals()
        self._resources: dict[str, dict[str, Resource]] = {kind: {} for kind in ORDER}
        self._progress = asyncio.Event()

    def of(self, kind: str) -> Mapping[str, Resource]:
        """The resources of a kind by name; none for a kind that we do not serve."""
        return self._resources.get(kind, {})

    def put(self, resources: Iterable[Resource]) -> None:
        """Add or change."""
        for resource in resources:
            known = self._resources[resource.kind].get(resource.name)
            if known is None or known.version != resource.version:
                self._resources[resource.kind][resource.name] = resource
                self._note(resource.kind, resource.name)

    def remove(self, kind: str, names: Iterable[str]) -> None:
        """Take away."""
        for name in names:
            if self._resources[kind].pop(name, None):
                self._note(kind, name)

    def progressed(self) -> None:
        """A subscriber acknowledged, refused or left: those who wait look again."""
        self._progress.set()
        self._progress = asyncio.Event()

    async def acknowledged(self, kind: str, names: Iterable[str]) -> None:
        """Wait until every connected gateway has the present versions, at most ACK_TIMEOUT."""
        waiting = set(names)
        try:
            async with asyncio.timeout(ACK_TIMEOUT):
                while waiting := {name for name in waiting if self._lacking(kind, name)}:
                    await self._progress.wait()
        except TimeoutError:
            metrics.ACK_TIMEOUTS.labels(SHORT_NAMES[kind]).inc()
            nodes = sorted({node for name in waiting for node in self._lacking(kind, name)})
            fields = {"kind": SHORT_NAMES[kind], "resources": sorted(waiting)[:10], "gateways": nodes}
            logger.warning("gateway did not acknowledge", extra=fields)

    def _lacking(self, kind: str, name: str) -> list[str]:
        return [subscriber.node for subscriber in self.subscribers if subscriber.lacks(kind, name)]

    def _note(self, kind: str, name: str) -> None:
        for subscriber in self.subscribers:
            subscriber.note(kind, name)
            subscriber.changed.set()
