"""The two databases that a ledger may have, real ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def run_databases(_folder: Path) -> AsyncIterator[dict[str, str | None]]:
    """URLs by name; None stands for a file of SQLite in the ledger's own folder."""
    yield {"sqlite": None}
