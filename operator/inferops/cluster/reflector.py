"""Keeps a Store equal to what the API server holds: list, then watch, and again, whatever happens.

After a 410 the list replaces the store and tells of what vanished meanwhile, so no deletion is lost. Every error is
tried again. A kind that the API server does not know is asked for until its CRD appears.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import aclosing
from typing import Protocol

from inferops.cluster.client import Client, Scope
from inferops.cluster.store import Name, name_of
from inferops.errors import ClusterError, NotFound
from inferops.names import Manifest

logger = logging.getLogger(__name__)

RECONNECT_DELAY, FIRST_DELAY, LONGEST_DELAY = 0.1, 0.5, 30.0
"""Seconds between tries: after a watch that ended well, after the first error, at most."""
ABSENT_DELAY = 5.0
"""Seconds between questions for a kind whose CRD is missing."""
BURST = 64
"""Events handled before other tasks get their turn."""
GONE = 410
STALE_SECONDS = 180.0
"""A reflector that neither heard nor asked anything for so long is dead: it asks every 75 seconds at the latest."""


class Kept(Protocol):
    """Where a reflector puts what it hears, as cluster.Store does."""

    served: bool

    def put(self, obj: Manifest) -> bool:
        """Take an object; whether that is news."""
        ...

    def drop(self, namespace: str, name: str, deleted: Manifest | None = None, /) -> None:
        """It is gone."""
        ...

    def retain(self, listed: Collection[Name], version: str, namespace: str = "", /) -> list[Manifest]:
        """Forget what a list does not have, and return that."""
        ...


class Reflector:
    """One kind, of which the selectors take a part. `on_change` hears every change that is news to the store, after the
    store has it; the object of a deletion is its last state. `on_served` hears when the API server begins or ceases to
    know the kind.
    """

    def __init__(
        self,
        client: Client,
        kind: str,
        store: Kept,
        on_change: Callable[[Manifest], None],
        *,
        selector: str = "",
        field_selector: str = "",
        namespace: str = "",
        on_served: Callable[[], None] = lambda: None,
    ) -> None:
        self.kind = kind
        self.synced = asyncio.Event()
        """Set once the first list is in the store, or the kind is known to be absent."""
        self.heard = time.monotonic()
        """When the API server last told something."""
        self.tried = self.heard
        """When it was last asked or heard: a reflector that stopped trying is dead."""
        self._client = client
        self._store = store
        self._on_change = on_change
        self._on_served = on_served
        self._scope = Scope(namespace, selector, field_selector)
        self._version = ""

    def read_age(self) -> float:
        """Seconds since the API server last told something; bookmarks come every minute."""
        return time.monotonic() - self.heard

    async def run(self) -> None:
        """For ever."""
        delay = FIRST_DELAY
        while True:
            begun = self.tried = time.monotonic()
            try:
                if not (self._version and self._store.served):  # a writer was told that the kind goes: it may be back
                    await self._list()
                await self._watch()
                delay = RECONNECT_DELAY
            except NotFound:
                self.heard = self.tried = time.monotonic()
                await self._serve(served=False)
                delay = ABSENT_DELAY
            except ClusterError as error:
                if error.status == GONE:
                    self._version = ""
                delay = FIRST_DELAY if self.heard > begun else min(delay * 2, LONGEST_DELAY)
                logger.warning("watch broke", extra={"kind": self.kind, "error": str(error), "delay": delay})
            await asyncio.sleep(delay)

    async def _list(self) -> None:
        listed, version = set[Name](), ""
        async for page, version in self._client.read_pages(self.kind, self._scope):  # noqa: B007 - as that of the last
            self.heard = self.tried = time.monotonic()
            await self._serve(served=True)
            for count, obj in enumerate(page, 1):
                if self._store.put(obj):
                    self._on_change(obj)
                listed.add(name_of(obj))
                if count % BURST == 0:
                    await asyncio.sleep(0)
        await self._tell(self._store.retain(listed, version, self._scope.namespace))
        self._version = version
        self.synced.set()

    async def _watch(self) -> None:
        count = 0
        async with aclosing(self._client.watch(self.kind, self._version, self._scope)) as events:
            async for event in events:
                self.heard = self.tried = time.monotonic()
                self._take(event["type"], event["object"])
                count += 1
                if count % BURST == 0:
                    await asyncio.sleep(0)

    def _take(self, event: str, obj: Manifest) -> None:
        if event == "ERROR":
            raise ClusterError(str(obj.get("message", obj)), int(obj.get("code", 0)))
        self._version = obj["metadata"]["resourceVersion"]
        if event == "BOOKMARK":
            return
        if event == "DELETED":
            self._store.drop(*name_of(obj), obj)
        elif not self._store.put(obj):
            return  # the echo of our own write
        self._on_change(obj)

    async def _serve(self, *, served: bool) -> None:
        """Note whether the API server knows the kind; one that it does not know has no objects."""
        changed = self._store.served != served
        self._store.served = served
        if not served:
            self._version = ""
            await self._tell(self._store.retain([], str(sys.maxsize), self._scope.namespace))
            self.synced.set()
        if changed:
            logger.info("kind appeared" if served else "kind is not installed", extra={"kind": self.kind})
            self._on_served()

    async def _tell(self, changes: list[Manifest]) -> None:
        for count, obj in enumerate(changes, 1):
            self._on_change(obj)
            if count % BURST == 0:
                await asyncio.sleep(0)


def find_stuck(reflectors: Iterable[Reflector]) -> list[str]:
    """Reflectors that will not mend themselves, as sentences. An API server that is away is no such thing."""
    now = time.monotonic()
    stuck = (reflector.kind for reflector in reflectors if now - reflector.tried > STALE_SECONDS)
    return [f"the watch of {kind} is stuck" for kind in stuck]


def find_unread(reflectors: Iterable[Reflector]) -> list[str]:
    """Reflectors whose store is not filled yet, as sentences."""
    return [f"{reflector.kind} is not read yet" for reflector in reflectors if not reflector.synced.is_set()]
