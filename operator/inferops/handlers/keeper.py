"""Objects that the operator keeps right by itself, outside the queue: the certificates and who trusts them.

A keeper watches them by their names and looks at them together: at every change, as soon as this replica leads, and now
and then.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from inferops.cluster.client import Client
from inferops.cluster.reflector import Reflector
from inferops.cluster.store import Reference, Store
from inferops.errors import ClusterError
from inferops.names import Manifest

logger = logging.getLogger(__name__)

CHECK_SECONDS = 30.0
"""Between looks, and after a failure: certificates age without a change."""
LEAD_SECONDS = 0.5
"""Between two questions whether this replica leads: all other pods of an installation wait for their certificates."""
Leads = Callable[[], bool]
"""Whether this replica writes."""


class Keeper:
    """Knows the objects that the references name; `manager` owns what it writes of them, `leads` says if it may."""

    def __init__(self, client: Client, manager: str, references: Iterable[Reference], leads: Leads) -> None:
        self._client = client
        self._manager = manager
        self.leads = leads
        self._changed = asyncio.Event()
        self._stores = {reference: Store() for reference in references}

    def get(self, reference: Reference) -> Manifest | None:
        """The object, as it was last heard of or written."""
        _, namespace, name = reference
        return self._stores[reference].get(namespace, name)

    async def apply(self, manifest: Manifest) -> None:
        """Write one of them, server-side."""
        written = await self._client.apply(manifest, manager=self._manager)
        metadata = written["metadata"]
        self._stores[manifest["kind"], metadata.get("namespace", ""), metadata["name"]].put(written)

    async def run(self, look: Callable[[], Awaitable[None]], subject: str) -> None:
        """For ever. What a look raises is logged as the subject's, and the next look tries again."""
        async with asyncio.TaskGroup() as group:
            for reflector in (reflectors := [self._build_reflector(reference) for reference in self._stores]):
                group.create_task(reflector.run())
            await asyncio.gather(*(reflector.synced.wait() for reflector in reflectors))
            while True:
                self._changed.clear()
                led = self.leads()
                try:
                    await look()
                except (ClusterError, OSError, ValueError) as error:  # a port that is taken, a Secret that is damaged
                    logger.warning("certificate not kept", extra={"of": subject, "error": str(error)})
                await self._pause(led)

    async def _pause(self, led: bool) -> None:
        end = time.monotonic() + CHECK_SECONDS
        while self.leads() == led and time.monotonic() < end:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LEAD_SECONDS)
                return

    def _build_reflector(self, reference: Reference) -> Reflector:
        kind, namespace, name = reference
        return Reflector(
            self._client,
            kind,
            self._stores[reference],
            lambda _: self._changed.set(),
            field_selector=f"metadata.name={name}",
            namespace=namespace,
        )
