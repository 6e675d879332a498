"""Which replica acts: a Lease, renewed by compare-and-swap in a thread of its own.

The thread matters: bursts of events stall the main loop for seconds, and a stalled renewal would lose the Lease.

No clocks are compared. The holder may act for RENEW_SECONDS since it sent the request that renewed last; another takes
over LEASE_SECONDS after it first saw that renewal, which is later. What lies between, less the drift of two clocks in
ten seconds, is what a write may still be on its way.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.errors import ClusterError, Conflict, NotFound
from inferops.names import Manifest

logger = logging.getLogger(__name__)

LEASE_SECONDS = 10
"""Unrenewed for so long, the Lease may be taken."""
RENEW_SECONDS = 7
"""Without a renewal for so long, the holder stops by itself. Several tries fit in."""
RETRY_SECONDS = 1.0
"""Between renewals, and between the looks of those who wait: a released Lease is taken within this time."""


class Lease:
    """A Lease that `identity` wants to hold. `on_change(held)` is called in the loop that entered it.

    Use as an async context manager; leaving it releases the Lease, so that another replica acts within seconds.
    """

    def __init__(
        self, connection: Connection, *, namespace: str, name: str, identity: str, on_change: Callable[[bool], None]
    ) -> None:
        self._connection = connection
        self._metadata = {"namespace": namespace, "name": name}
        self._identity = identity
        self._on_change = on_change
        self._renewed = float("-inf")
        self._told = False
        self._seen: tuple[str, float] = ("", 0.0)
        self._stop = asyncio.Event()
        self._own_loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_thread, name="lease", daemon=True)

    @property
    def held(self) -> bool:
        """Whether this replica may act right now, whatever its threads do."""
        return time.monotonic() - self._renewed < RENEW_SECONDS

    @property
    def alive(self) -> bool:
        """False once the renewing thread ended by itself: only a new process mends that."""
        return self._thread.is_alive() or self._stop.is_set()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(RuntimeError):  # the thread has ended by itself and closed its loop
            self._own_loop.call_soon_threadsafe(self._stop.set)
        await asyncio.to_thread(self._thread.join, RENEW_SECONDS)

    def _run_thread(self) -> None:
        try:
            self._own_loop.run_until_complete(self._run())
        finally:
            self._own_loop.close()

    async def _run(self) -> None:
        async with Client(self._connection, connections=1, longest_pause=RETRY_SECONDS) as client:
            while not self._stop.is_set():
                try:
                    async with asyncio.timeout(RETRY_SECONDS * 2):
                        await self._try(client)
                except (ClusterError, TimeoutError) as error:
                    logger.warning("lease not renewed", extra={"lease": self._metadata["name"], "error": str(error)})
                self._tell()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), RETRY_SECONDS)
            if self.held:
                await self._release(client)

    async def _try(self, client: Client) -> None:
        """Renew, or take what nobody holds."""
        begun = time.monotonic()
        try:
            live = await client.get("Lease", **self._metadata)
        except NotFound:
            live = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": self._metadata}
        spec = live.get("spec", {})
        holder = spec.get("holderIdentity")
        if holder and holder != self._identity and not self._expired(live, begun):
            return
        wanted = plan_lease(live, self._identity, datetime.now(UTC))
        try:
            await (client.replace(wanted) if "resourceVersion" in live["metadata"] else client.create(wanted))
        except Conflict:
            return
        self._renewed = begun

    def _expired(self, live: Manifest, now: float) -> bool:
        """Whether the holder's last renewal is older than its own promise, by our clock alone: clocks of other
        machines do not matter.
        """
        version = live["metadata"]["resourceVersion"]
        if self._seen[0] != version:
            self._seen = (version, now)
        return now - self._seen[1] > float(live["spec"].get("leaseDurationSeconds", LEASE_SECONDS))

    async def _release(self, client: Client) -> None:
        try:
            live = await client.get("Lease", **self._metadata)
            if live["spec"].get("holderIdentity") == self._identity:
                self._renewed = float("-inf")
                await client.replace(
                    {**live, "spec": {**live["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}}
                )
        except ClusterError as error:
            logger.warning("lease not released", extra={"lease": self._metadata["name"], "error": str(error)})

    def _tell(self) -> None:
        if self.held != self._told:
            self._told = self.held
            self._loop.call_soon_threadsafe(self._on_change, self._told)


def plan_lease(live: Manifest, identity: str, now: datetime) -> Manifest:
    """The Lease as `identity` holds it from `now` on."""
    spec = live.get("spec", {})
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    mine = spec.get("holderIdentity") == identity
    return {
        **live,
        "spec": {
            "holderIdentity": identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "acquireTime": spec.get("acquireTime", stamp) if mine else stamp,
            "renewTime": stamp,
            "leaseTransitions": spec.get("leaseTransitions", 0) + (not mine and "holderIdentity" in spec),
        },
    }
