"""Writes down what the world tells: prices and instances as they change, pods as they come and go, what is too old.

What cannot be written stays noted, and is written when the database is back.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from itertools import islice

from sqlalchemy import Engine, exists, select, text
from sqlalchemy.exc import SQLAlchemyError

from inferops.metering.ledger import metrics
from inferops.metering.ledger.catalog import Row, write_instances, write_prices
from inferops.metering.ledger.database import reading, writing
from inferops.metering.ledger.failures import describe
from inferops.metering.ledger.housekeeping import sweep
from inferops.metering.ledger.migrate import migrate
from inferops.metering.ledger.replicas import build_replica, close_lost, note_alive, write_replicas
from inferops.metering.ledger.tables import prices
from inferops.metering.ledger.world import World
from inferops.settings import LedgerSettings

logger = logging.getLogger(__name__)

PART = 500
"""Instances that are written at once."""
LOOK_SECONDS = 0.1
"""Between looks for changes: so soon a new price holds."""
ALIVE_SECONDS = 20.0
"""Between notes that pods are still there, and looks at the database."""
SWEEP_SECONDS = 3600.0
LONGEST_PAUSE = 15.0


def now_ms() -> int:
    """Since 1970."""
    return time.time_ns() // 1_000_000


class Clerk:
    """`writer` has one thread. `heard` tells when the API server last told of pods, in milliseconds since 1970."""

    def __init__(self, engine: Engine, writer: Executor, world: World, heard: Callable[[], int]) -> None:
        self.problem = "the database was not asked yet"
        """Empty while the database answers."""
        self.knows_prices = False
        """Whether what things cost is in the database."""
        self.served: dict[str, str] = {}
        """Models by the names that requests carry."""
        self._engine = engine
        self._writer = writer
        self._world = world
        self._heard = heard

    def find_gaps(self) -> list[str]:
        """Why no record can be stored yet, as sentences."""
        if self.problem:
            return [f"the database does not answer: {self.problem}"]
        return [] if self.knows_prices else ["prices are not known yet"]

    async def open(self) -> None:
        """Until the database is there, with the tables of this release. Raises SettingsError."""
        pause = 0.5
        while not await self.attempt("migrate", self._open):
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        logger.info("the database is there")

    async def follow(self) -> None:
        """For ever: changes. Everything the world has is to be in its stores."""
        self._world.catalog_changed = True
        pause = LOOK_SECONDS
        while True:
            written = await self._write_catalog() and await self._write_pods()
            pause = LOOK_SECONDS if written else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def watch_over(self) -> None:
        """For ever: pods that are still there, and whether the database is."""
        while True:
            if not self.problem or await self.attempt("look", self._look):
                await self._note_alive()
            await asyncio.sleep(ALIVE_SECONDS if not self.problem else 1.0)

    async def sweep(self, settings: LedgerSettings) -> None:
        """For ever: what is too old."""
        while True:
            try:
                gone = await asyncio.to_thread(sweep, self._engine, settings, now_ms())
            except SQLAlchemyError as error:
                logger.warning("nothing was cleared away", extra={"error": describe(error)})
            else:
                for table, count in gone.items():
                    metrics.SWEPT.labels(table).inc(count)
            await asyncio.sleep(SWEEP_SECONDS)

    async def attempt(self, name: str, work: Callable[[], object]) -> bool:
        """Do it in the writer's thread; False, and a log line, where the database could not."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._writer, work)
        except SQLAlchemyError as error:
            metrics.FAILURES.labels(name).inc()
            if not self.problem or name == "migrate":
                logger.warning("the database does not answer", extra={"work": name, "error": describe(error)})
            self.problem = describe(error)
        else:
            self.problem = ""
        metrics.AVAILABLE.set(not self.problem)
        return not self.problem

    def _open(self) -> None:
        migrate(self._engine)
        with reading(self._engine) as connection:
            self.knows_prices = connection.scalar(select(exists(prices.select()))) or False

    def _look(self) -> None:
        with reading(self._engine) as connection:
            connection.execute(text("SELECT 1"))

    async def _write_catalog(self) -> bool:
        """What is to be written is worked out here: the world changes under no other thread's feet."""
        world = self._world
        while world.catalog_changed or world.changed:
            names = set(islice(world.changed, PART))
            rows, all_prices = world.plan_instances(names), world.plan_prices() if world.catalog_changed else []
            served = world.plan_served() if world.catalog_changed else self.served
            world.catalog_changed, world.changed = False, world.changed - names

            def write(rows: list[Row] = rows, all_prices: list[Row] = all_prices) -> None:
                with writing(self._engine) as connection:
                    write_prices(connection, all_prices, now_ms())
                    write_instances(connection, rows, now_ms())

            if not await self.attempt("catalog", write):
                world.catalog_changed = True
                world.changed |= names
                return False
            self.served, self.knows_prices = served, True
        return True

    async def _write_pods(self) -> bool:
        if not (news := self._world.pods.take_news()):
            return True
        rows = [build_replica(seen, self._world.find_serving(seen), now_ms()) for seen in news]

        def write() -> None:
            with writing(self._engine) as connection:
                write_replicas(connection, rows)

        if written := await self.attempt("pods", write):
            return written
        self._world.pods.put_back(news)
        return False

    async def _note_alive(self) -> None:
        uids = self._world.pods.uids()

        def write() -> int:
            with writing(self._engine) as connection:
                note_alive(connection, uids, self._heard())
                return close_lost(connection, uids, now_ms())

        if await self.attempt("alive", write):
            metrics.REPLICAS.set(len(uids))
