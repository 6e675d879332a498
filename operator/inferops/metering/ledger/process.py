"""`inferops ledger` as a process: it waits for its database, follows the cluster, and serves."""

import asyncio
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from aiohttp import web

from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.cluster.reflector import find_stuck
from inferops.health import serve_health
from inferops.metering.ledger.asking import routes
from inferops.metering.ledger.clerk import Clerk, now_ms
from inferops.metering.ledger.database import read_engine
from inferops.metering.ledger.server import Records, build_app
from inferops.metering.ledger.tls import build_tls, read_identity
from inferops.metering.ledger.world import World
from inferops.metering.reports.month import Month
from inferops.settings import Settings

logger = logging.getLogger(__name__)

CERTIFICATE_SECONDS = 5.0
"""Between looks whether the certificates changed."""


class LedgerProcess:
    """One replica; with PostgreSQL all are alike. Raises SettingsError."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self._settings = settings
        self._client = Client(connection)
        self._engine = read_engine(settings.ledger)
        self._writer = ThreadPoolExecutor(1, "writer")
        self._world = World(settings)
        self._reflectors = list(self._world.build_reflectors(self._client))
        self._clerk = Clerk(self._engine, self._writer, self._world, self._heard)
        self._ended = asyncio.Event()
        self._failed = False

    async def run(self) -> bool:
        """Until a signal ends the process; False when a part failed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        health = serve_health(
            self._settings.health_port, alive=lambda: find_stuck(self._reflectors), ready=self._clerk.find_gaps
        )
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(health)
            await stack.enter_async_context(self._client)
            for part in (*(reflector.run() for reflector in self._reflectors), self._keep()):
                await stack.enter_async_context(self._during(part))
            await stack.enter_async_context(self._serve())
            await self._ended.wait()
        self._writer.shutdown()
        self._engine.dispose()
        return not self._failed

    async def _keep(self) -> None:
        """The database, and what the cluster tells of."""
        await self._clerk.open()
        await asyncio.gather(*(reflector.synced.wait() for reflector in self._reflectors))
        async with asyncio.TaskGroup() as group:
            for work in (
                self._clerk.follow(),
                self._clerk.watch_over(),
                self._clerk.sweep(self._settings.ledger),
                Month(self._engine, self._settings.prices.currency).follow(),
            ):
                group.create_task(work)

    @asynccontextmanager
    async def _during(self, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
        """A part whose end is that of the process."""

        def done(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                logger.critical("a part of the ledger ended", exc_info=error)
                self._failed = True
                self._ended.set()

        task = asyncio.create_task(work)
        task.add_done_callback(done)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task

    @asynccontextmanager
    async def _serve(self) -> AsyncIterator[None]:
        """With the certificates as they are: a changed one holds from the next connection on."""
        records = Records(self._engine, self._settings.ledger, self._writer, self._clerk)
        runner = web.AppRunner(build_app(records, routes(self._engine, self._settings)), access_log=None)
        await runner.setup()
        folder = self._settings.gateway.peer_certificates
        try:
            async with self._during(self._listen(runner, Path(folder) if folder else None)):
                yield
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner, folder: Path | None) -> None:
        """For ever. Raises OSError where the port is taken, or the first certificates are none."""
        site = await self._start_site(runner, build_tls(folder) if folder else None)
        identity = read_identity(folder) if folder else None
        while folder:
            await asyncio.sleep(CERTIFICATE_SECONDS)
            try:
                if (seen := read_identity(folder)) == identity:
                    continue
                tls = build_tls(folder)
            except OSError as error:  # ssl.SSLError too: those that were read last still hold
                logger.warning("certificates cannot be read", extra={"error": str(error)})
                continue
            await site.stop()
            site, identity = await self._start_site(runner, tls), seen

    async def _start_site(self, runner: web.AppRunner, tls: ssl.SSLContext | None) -> web.TCPSite:
        site = web.TCPSite(runner, port=self._settings.ledger.port, ssl_context=tls)
        await site.start()
        return site

    def _heard(self) -> int:
        """When the API server last told of pods; of several namespaces' watches the one that is furthest behind."""
        ages = [reflector.read_age() for reflector in self._reflectors if reflector.kind == "Pod"]
        return now_ms() - int(max(ages) * 1000)
