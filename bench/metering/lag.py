"""How long after a request's end its record is in the ledger, as somebody sees it who looks into the database."""

import asyncio
import time

import sqlalchemy

from inferops.metering.ledger.database import reading
from inferops.metering.ledger.tables import records

LOOK_SECONDS = 0.25
"""Between looks: what is measured is late by as much at most."""
MARGIN_MS = 10_000
"""Records that began so long before the newest one are looked for again."""


class Lag:
    """Of all records that came since it was made."""

    def __init__(self, database: sqlalchemy.Engine) -> None:
        self.seconds: list[float] = []
        """Of each record, in the order of their arrival."""
        self._database = database
        self._seen: set[str] = set()
        self._newest = 0
        self._begun = round(time.time() * 1000)

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.to_thread(self.look, self._newest - MARGIN_MS)
            await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """Count what came later than it was looked for, as arrived now."""
        await asyncio.to_thread(self.look, self._begun)

    def look(self, since: int) -> None:
        """For records that began after `since`, milliseconds since 1970."""
        columns = records.c.id, records.c.time, records.c.ms
        with reading(self._database) as connection:
            rows = connection.execute(sqlalchemy.select(*columns).where(records.c.time >= max(since, self._begun)))
            now = time.time()
            for identity, began, took in rows:
                if identity not in self._seen:
                    self._seen.add(identity)
                    self.seconds.append(now - (began + (took or 0)) / 1000)
                    self._newest = max(self._newest, began)
