"""The ledger's answers over a real database, without the cluster that it follows: for those who ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from sqlalchemy import Engine

from inferops.metering.ledger.asking import routes
from inferops.metering.ledger.database import open_sqlite
from inferops.metering.ledger.migrate import migrate
from inferops.metering.ledger.server import tell_failures
from inferops.settings import LedgerSettings, Settings
from tests.support.ports import find_free_ports


@asynccontextmanager
async def serve_ledger(engine: Engine, port: int) -> AsyncIterator[None]:
    """While the context lasts."""
    app = web.Application(middlewares=[tell_failures])
    app.add_routes(routes(engine, Settings()))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@dataclass
class Ledger:
    """Its database, and where it answers while it is served."""

    engine: Engine
    port: int

    @property
    def settings(self) -> LedgerSettings:
        """Of those who ask it."""
        return LedgerSettings(address=f"127.0.0.1:{self.port}")


def make_ledger(folder: Path) -> Ledger:
    """Without a row, and not served."""
    engine = open_sqlite(folder / "ledger.db")
    migrate(engine)
    return Ledger(engine, find_free_ports(1)[0])


@asynccontextmanager
async def start_ledger(folder: Path) -> AsyncIterator[Ledger]:
    """An empty one, that answers."""
    ledger = make_ledger(folder)
    try:
        async with serve_ledger(ledger.engine, ledger.port):
            yield ledger
    finally:
        ledger.engine.dispose()
