"""Journal -> standard output and metrics: goes on whether or not there is a ledger."""

import asyncio
import logging
import time
from typing import BinaryIO

from inferops.metering.journal import Journal
from inferops.metering.traffic import Traffic

logger = logging.getLogger(__name__)

MOST_BYTES = 4 << 20
LOOK_SECONDS = 0.25
"""Between looks into the journal."""


class Printing:
    """`acknowledges`: nobody ships what the journal holds, so that it may go once it is printed."""

    def __init__(self, journal: Journal, traffic: Traffic, out: BinaryIO, *, acknowledges: bool) -> None:
        self._journal, self._traffic, self._out = journal, traffic, out
        self._acknowledges = acknowledges

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                more = await self.print_once()
            except OSError as error:
                logger.warning("the journal cannot be printed", extra={"error": str(error)})
                more = False
            await asyncio.sleep(0 if more else LOOK_SECONDS)

    async def finish(self) -> None:
        """What is left."""
        try:
            while await self.print_once():
                pass
        except OSError as error:
            logger.warning("the journal cannot be printed", extra={"error": str(error)})

    async def print_once(self) -> bool:
        """Whether there was something. Raises OSError."""
        batch = self._journal.read(MOST_BYTES)
        if not batch.lines:
            return False
        self._traffic.count(batch.lines, time.monotonic())
        if self._acknowledges:
            self._journal.acknowledge(batch.position)
        await asyncio.to_thread(self._print, batch.lines)  # whoever reads it may be slow: nothing else waits
        return True

    def _print(self, lines: bytes) -> None:
        self._out.write(lines)
        self._out.flush()
