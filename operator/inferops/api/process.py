"""`inferops api` as a process: watches fill the world, uvicorn serves, /readyz tells when everything is known."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from types import MappingProxyType

import uvicorn

from inferops.api.app import build_app
from inferops.api.console import File
from inferops.api.services import Services
from inferops.api.world import SELECTORS, World
from inferops.api.writer import Writer
from inferops.cluster.client import Client
from inferops.cluster.connection import Connection
from inferops.cluster.reflector import Reflector, find_stuck
from inferops.cluster.resources import RESOURCES
from inferops.health import serve_health
from inferops.metering.ledger_client import build_ledger_client
from inferops.settings import Settings

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 1.0
"""Seconds that requests wait after the API server was away: callers hear of it soon."""
DRAIN_SECONDS = 20
"""For answers that are under way when the process is told to end; followed logs end then."""
BACKLOG = 2048


class ApiProcess:
    """One replica; all are alike."""

    def __init__(
        self, settings: Settings, connection: Connection, console: Mapping[str, File] = MappingProxyType({})
    ) -> None:
        self.world = World(settings)
        self._console = console
        self._settings = settings
        self._client = Client(connection, longest_pause=LONGEST_PAUSE)
        self.world.reflectors = list(self._build_reflectors())
        writer = Writer(self._client, self.world)
        self._ledger = build_ledger_client(settings)
        self.services = Services(settings, self.world, writer, self._client, lambda: datetime.now(UTC), self._ledger)
        self._failed = False

    async def run(self) -> bool:
        """Until a signal ends the process; False when a part failed."""
        server, ports = self._build_server(), self._settings.api
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, server)
        alive, ready = lambda: find_stuck(self.world.reflectors), self.world.find_gaps
        async with serve_health(ports.health_port, alive=alive, ready=ready), self.watching(lambda: self._end(server)):
            await server.serve(sockets=[listen(ports.port)])
        return not self._failed

    @asynccontextmanager
    async def watching(self, on_failure: Callable[[], None] = lambda: None) -> AsyncIterator[Services]:
        """While the context lasts, the world follows the cluster."""

        def done(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                logger.critical("a watch ended", exc_info=error)
                self._failed = True
                on_failure()

        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._client)
            if self._ledger:
                await stack.enter_async_context(self._ledger)
            tasks = [asyncio.create_task(reflector.run()) for reflector in self.world.reflectors]
            for task in tasks:
                task.add_done_callback(done)
            try:
                yield self.services
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _build_server(self) -> uvicorn.Server:
        config = uvicorn.Config(
            build_app(self.services, self._console),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            loop="none",
            http="httptools",
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        return Server(config)

    def _build_reflectors(self) -> Iterator[Reflector]:
        for kind, selector in SELECTORS.items():
            for namespace in RESOURCES[kind].places(self._settings.watch_namespaces):
                store, touch = self.world.stores[kind], self.world.touch
                yield Reflector(self._client, kind, store, touch, selector=selector, namespace=namespace)

    def _end(self, server: uvicorn.Server) -> None:
        self.services.seats.closed = True
        server.should_exit = True


def listen(port: int) -> socket.socket:
    """For both families, where the host has both. Connections inherit TCP_NODELAY; asyncio sets it only on sockets that
    say themselves that they are of TCP, and without it an answer's body waits 40 ms until its head is acknowledged.
    """
    dual = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if dual else socket.AF_INET
    listener = socket.create_server(("", port), family=family, backlog=BACKLOG, dualstack_ipv6=dual)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class Server(uvicorn.Server):
    """Signals are the process's: uvicorn would take them for itself and raise them anew at its end."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """None."""
        yield
