"""The operator without kopf: everything that runs in its shell, from the first read to the released Lease.

reflectors -> store -> heard() -> queue -> workers (only while the Lease is held) -> reconcile_*
"""

import asyncio
import gc
import logging
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Self

from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.cluster.connection import Connection
from inferops.cluster.lease import Lease
from inferops.cluster.reflector import find_stuck, find_unread
from inferops.cluster.resources import OUR_KINDS
from inferops.cluster.store import name_of
from inferops.handlers import metrics
from inferops.handlers.peers import PeerKeeper
from inferops.handlers.stall import watch_stalls
from inferops.handlers.watches import build_reflectors
from inferops.handlers.worker import Reconciler, Worker
from inferops.health import serve_health
from inferops.names import OPERATOR, Manifest
from inferops.reconcile.dependents import all_regions, dependents
from inferops.reconcile.queue import Key, Queue
from inferops.settings import Settings
from inferops.specs.instance import Phase

logger = logging.getLogger(__name__)

ALLOCATIONS = 100_000
"""Objects between looks of the garbage collector. JSON has no cycles; looking after every 700, as Python does,
took about a third of the CPU until everything is read.
"""
GATHER_SECONDS = 0.1
"""For how long changes of other objects gather before an object is reconciled for them."""
COUNT_SECONDS = 1.0
"""Likewise, before Regions count their room: pods seldom come alone, and no pod waits for a count."""


class Operator:
    """Use as an async context manager: leaving it ends all tasks, then releases the Lease."""

    def __init__(
        self, settings: Settings, connection: Connection, reconcilers: Mapping[str, Reconciler], *, identity: str
    ) -> None:
        self.ended = asyncio.Event()
        """Set when the process should end: it closes, or a part has failed that should run for ever."""
        self.failed = False
        self._settings = settings
        self._lease = Lease(
            connection, namespace=settings.namespace, name=OPERATOR, identity=identity, on_change=self._lead
        )
        self.client = Client(connection, connections=settings.workers + 8, may_write=self.leads)
        self.cluster = Cluster(self.client)
        self.queue = Queue()
        self._worker = Worker(self.cluster, settings, reconcilers)
        self.cluster.look_again = lambda kind, name, after: self.queue.add(Key(kind, *name), after)
        self._reflectors = list(
            build_reflectors(self.client, self.cluster, settings, self.heard, self.heard_placed, self.add_all)
        )
        self._synced = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._workers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._show_metrics()
        gc.freeze()  # modules stay, and need no walking through
        gc.set_threshold(ALLOCATIONS)
        async with AsyncExitStack() as stack:
            port = self._settings.health_port
            await stack.enter_async_context(serve_health(port, alive=self.find_deaths, ready=self.find_gaps))
            await stack.enter_async_context(self.client)
            await stack.enter_async_context(self._lease)
            stack.push_async_callback(self._stop)
            self._start(watch_stalls(metrics.LOOP_STALL.observe))
            for reflector in self._reflectors:
                self._start(reflector.run())
            self._start(self.cluster.events.run())
            if self._settings.gateway.peer_certificates:
                self._start(PeerKeeper(self.client, self._settings, self.leads).run())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End all tasks and release the Lease; a second time does nothing."""
        self.ended.set()
        await self._stack.aclose()

    async def sync(self) -> None:
        """Return once everything is in the stores; from then on a leader works."""
        await asyncio.gather(*(reflector.synced.wait() for reflector in self._reflectors))
        self._synced.set()
        gc.freeze()  # what was read stays too
        stores = self.cluster.stores
        logger.info("synced", extra={"objects": {kind: len(store) for kind, store in stores.items() if len(store)}})
        self._lead(self._lease.held)

    def heard(self, obj: Manifest) -> None:
        """The store has a change of `obj`: queue what it concerns. News that come through other objects (a Deployment,
        its pods, KEDA) seldom come alone, so they wait a moment for more.
        """
        if not self._workers:
            return  # a leader begins with everything there is
        if obj["kind"] == "Node":
            self.heard_node(obj)
        elif obj["kind"] in OUR_KINDS:
            self.queue.add(Key(obj["kind"], *name_of(obj)))
        for key in dependents(self.cluster, obj):
            self.queue.add(key, after=GATHER_SECONDS)

    def heard_placed(self, _: Manifest) -> None:
        """A pod of somebody's takes or leaves room: Regions count soon, and once for many."""
        if self._workers:
            for key in all_regions(self.cluster):
                self.queue.add(key, after=COUNT_SECONDS)

    def heard_node(self, node: Manifest) -> None:
        """A node came, changed or went; most of its news, those of its health, concern nobody."""
        name = node["metadata"]["name"]
        if self.cluster.stores["Node"].get("", name) is None:
            self.cluster.rooms.forget(name)
            self.cluster.sizes.forget(name)
        elif not self.cluster.rooms.is_news(node):
            return
        self.heard_placed(node)

    def add_all(self) -> None:
        """Queue every object of ours: after a change of leader, or of the kinds that the API server knows."""
        for kind in OUR_KINDS:
            for name in self.cluster.stores[kind].names():
                self.queue.add(Key(kind, *name))

    def leads(self) -> bool:
        """Whether this replica holds the Lease."""
        return self._lease.held

    def find_deaths(self) -> list[str]:
        """What no longer works and will not mend itself. An API server that is away is no such thing."""
        stuck = find_stuck(self._reflectors)
        return stuck if self._lease.alive else [*stuck, "the thread of the Lease ended"]

    def find_gaps(self) -> list[str]:
        """What is not read yet."""
        return find_unread(self._reflectors)

    def _lead(self, held: bool) -> None:
        """Workers run while the Lease is held, beginning with everything there is."""
        if held and self._synced.is_set() and not self._workers and not self.ended.is_set():
            logger.info("leading")
            self.add_all()
            count = self._settings.workers
            self._workers = [self._start(self.queue.work(self._worker.handle)) for _ in range(count)]
        elif not held and self._workers:
            logger.warning("no longer leading")
            for worker in self._workers:
                worker.cancel()
            self._workers.clear()

    def _start(self, run: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(run)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.critical("a part ended", exc_info=error)
            self.failed = True
            self.ended.set()

    async def _stop(self) -> None:
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _show_metrics(self) -> None:
        metrics.QUEUE_DEPTH.set_function(lambda: len(self.queue))
        metrics.QUEUE_DELAYED.set_function(lambda: self.queue.delayed)
        metrics.LEADER.set_function(lambda: self._lease.held)
        metrics.QUEUE_OLDEST.set_function(lambda: self.queue.oldest if self._workers else 0.0)
        for kind in {reflector.kind for reflector in self._reflectors}:
            metrics.WATCH_AGE.labels(kind).set_function(partial(self._read_age, kind))
        for phase in Phase:
            metrics.INSTANCES.labels(phase).set_function(partial(self._count_instances, phase))

    def _count_instances(self, phase: Phase) -> int:
        return len(self.cluster.stores["InferenceInstance"].names_referring("Phase", "", phase))

    def _read_age(self, kind: str) -> float:
        """Of the watches of a kind, one for each namespace, the one that has been silent longest."""
        return max(reflector.read_age() for reflector in self._reflectors if reflector.kind == kind)
