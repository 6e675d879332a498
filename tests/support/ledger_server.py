"""The ledger's answers over a real database, without the cluster that it follows: for those who ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from sqlalchemy import Engine

from inferops.metering.ledger.asking import routes
from inferops.metering.ledger.server import tell_failures
from inferops.settings import Settings
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


def find_port() -> int:
    """A free one."""
    return find_free_ports(1)[0]
