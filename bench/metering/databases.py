"""The two databases that a ledger may have, real ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.postgresql import start_postgresql


@asynccontextmanager
async def run_databases() -> AsyncIterator[dict[str, str | None]]:
    """URLs by name; None stands for a file of SQLite in the ledger's own folder."""
    with start_postgresql() as server:
        yield {"sqlite": None, "postgres": server.create("bench")}
