"""`inferops control` as a process: watches fill the stores, the holder of the Lease serves, the others wait."""

import asyncio
import logging
import signal
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.cluster.lease import Lease
from inferops.cluster.reflector import Reflector, find_stuck, find_unread
from inferops.cluster.resources import RESOURCES
from inferops.control.idleness import IdleRecord, read_idleness
from inferops.control.plane import ControlPlane
from inferops.control.readings import report_silence
from inferops.control.refusals import report_refusals
from inferops.control.reports import REFUSAL, SILENCE, read_reported
from inferops.control.sleep import put_to_sleep
from inferops.control.spending import SpendingReport, follow_ledger, read_told
from inferops.control.wake import wake_forgotten
from inferops.control.world import SELECTORS, build_stores
from inferops.errors import ClusterError
from inferops.health import serve_health
from inferops.metering.ledger_client import LedgerClient, build_ledger_client
from inferops.names import CONTROL
from inferops.settings import Settings

logger = logging.getLogger(__name__)

IDLENESS_SECONDS = 1.0
"""Between looks whether the record of idle times is still true."""
LEDGER_PATIENCE = 5.0
"""Seconds that an answer of the ledger may take."""
SUCCESSOR_SECONDS = 2.0
"""Between looks for another leader after the Lease could not be renewed."""


class ControlProcess:
    """One replica."""

    def __init__(self, settings: Settings, connection: Connection, *, identity: str) -> None:
        self.stores = build_stores()
        self.plane = ControlPlane(settings, self.stores)
        self._settings = settings
        self._identity = identity
        self._leading = asyncio.Event()
        self._ended = asyncio.Event()
        self._failed = False
        self._lease = Lease(
            connection, namespace=settings.namespace, name=CONTROL, identity=identity, on_change=self._lead
        )
        self._client = Client(connection, may_write=lambda: self._lease.held)
        self._idle_record = IdleRecord(self._client, settings.namespace, self.plane.idleness)
        self._reflectors = list(self._build_reflectors())
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> bool:
        """Until a signal ends the process; False when a part failed, or the Lease went to somebody else."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        async with AsyncExitStack() as stack:
            port = self._settings.health_port
            await stack.enter_async_context(serve_health(port, alive=self.find_deaths, ready=self.find_gaps))
            await stack.enter_async_context(self._client)
            await stack.enter_async_context(self._lease)
            stack.push_async_callback(self._stop)
            for reflector in self._reflectors:
                self._start(reflector.run())
            self._start(self._lead_once())
            await self._ended.wait()
        return not self._failed

    def find_deaths(self) -> list[str]:
        """What no longer works and will not mend itself."""
        stuck = find_stuck(self._reflectors)
        return stuck if self._lease.alive else [*stuck, "the thread of the Lease ended"]

    def find_gaps(self) -> list[str]:
        """Why this replica does not serve; only the one that does is Ready."""
        gaps = find_unread(self._reflectors)
        if not self._lease.held:
            gaps.append("another replica leads")
        return gaps if self.plane.serving else [*gaps, "not serving yet"]

    async def _lead_once(self) -> None:
        """Serve from the first moment in which everything is known and the Lease is held. The gateways say what they
        have, and would lose what an incomplete state lacks.
        """
        await asyncio.gather(*(reflector.synced.wait() for reflector in self._reflectors))
        self.plane.build(datetime.now(UTC))
        self._start(self.plane.run())  # also before it leads: working everything out takes seconds at 10,000 instances
        await self._leading.wait()
        self.plane.build(datetime.now(UTC))
        gateway, scaler = self._settings.gateway.xds_port, self._settings.scaler.port
        before = await read_idleness(self._client, self._settings.namespace)
        await self.plane.serve(f"[::]:{gateway}", f"[::]:{scaler}", before)
        self._start(self._keep_idleness())
        plane = self.plane
        self._start(wake_forgotten(self._client, plane.world, plane.activity, plane.scaler.listens))
        self._start(put_to_sleep(self._client, plane.world, plane.scaler.is_idle))
        self._report()
        self._follow_spending()

    def _follow_spending(self) -> None:
        """Keep what keys have spent, here and in their statuses."""
        told = read_told(list(self.stores["ApiKey"].values()))
        report = SpendingReport(self._client, self.plane.limits, self.plane.world.unpriced, told)
        self._start(report.run())
        if ledger := build_ledger_client(self._settings, LEDGER_PATIENCE):
            self._start(self._ask_ledger(ledger))

    async def _ask_ledger(self, ledger: LedgerClient) -> None:
        async with ledger:
            await follow_ledger(ledger, self.plane.limits.budgets)

    def _report(self) -> None:
        """Keep the fields of statuses that control writes."""
        instances = list(self.stores["InferenceInstance"].values())
        refusals, readings, world = self.plane.snapshot.refusals, self.plane.readings, self.plane.world
        told = read_reported(instances, REFUSAL)
        self._start(report_refusals(self._client, refusals, lambda: world.instances, told))
        told = read_reported(instances, SILENCE)
        self._start(report_silence(self._client, readings, lambda: world.instances, told))

    async def _keep_idleness(self) -> None:
        while True:
            await self._idle_record.update()
            await asyncio.sleep(IDLENESS_SECONDS)

    def _lead(self, held: bool) -> None:
        if held:
            self._leading.set()
        elif self._leading.is_set():
            self._start(self._yield_to_successor())

    async def _yield_to_successor(self) -> None:
        """An API server that is away is no reason to stop serving; another leader is: the process ends, so that its
        streams go there.
        """
        while not self._lease.held:
            try:
                lease = await self._client.get("Lease", self._settings.namespace, CONTROL)
                if lease["spec"].get("holderIdentity") not in {self._identity, "", None}:
                    self._fail("another replica leads")
                    return
            except ClusterError as error:
                logger.warning("the Lease cannot be read", extra={"error": str(error)})
            await asyncio.sleep(SUCCESSOR_SECONDS)

    def _build_reflectors(self) -> Iterator[Reflector]:
        for kind, selector in SELECTORS.items():
            for namespace in RESOURCES[kind].places(self._settings.watch_namespaces):
                store, touch = self.stores[kind], self.plane.touch
                yield Reflector(self._client, kind, store, touch, selector=selector, namespace=namespace)

    def _start(self, run: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(run)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._fail("a part ended", error)

    def _fail(self, why: str, error: BaseException | None = None) -> None:
        logger.critical(why, exc_info=error)
        self._failed = True
        self._ended.set()

    async def _stop(self) -> None:
        served = self.plane.serving
        await self.plane.close()
        if served and self._lease.held:
            await self._idle_record.finish()
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
