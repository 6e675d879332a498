"""Journal -> standard output and metrics: goes on whether or not there is a ledger."""

import asyncio
import logging
import os
import threading
import time
from contextlib import suppress

from inferops.metering.journal import Journal
from inferops.metering.traffic import Traffic

logger = logging.getLogger(__name__)

MOST_BYTES = 4 << 20
LOOK_SECONDS = 0.25
"""Between looks into the journal."""
FINISH_SECONDS = 5.0
"""For what is left, where nobody reads it."""


class Printing:
    """`out`: a descriptor; `acknowledges`: nobody ships what the journal holds, so that it may go once it is read."""

    def __init__(self, journal: Journal, traffic: Traffic, out: int, *, acknowledges: bool) -> None:
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
            async with asyncio.timeout(FINISH_SECONDS):
                while await self.print_once():
                    pass
        except (OSError, TimeoutError) as error:
            logger.warning("the journal cannot be printed", extra={"error": repr(error)})

    async def print_once(self) -> bool:
        """Whether there was something. Raises OSError."""
        batch = self._journal.read(MOST_BYTES)
        if not batch.lines:
            return False
        self._traffic.count(batch.lines, time.monotonic())
        if self._acknowledges:
            self._journal.acknowledge(batch.position)
        await write_aside(self._out, batch.lines)
        return True


async def write_aside(out: int, text: bytes) -> None:
    """Whoever reads it may be slow, or stand still: nothing else waits, nor does our end. Raises OSError."""
    loop = asyncio.get_running_loop()
    written: asyncio.Future[OSError | None] = loop.create_future()

    def tell(error: OSError | None) -> None:
        if not written.done():
            written.set_result(error)

    def write() -> None:
        error = write_all(out, text)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, error)

    threading.Thread(target=write, daemon=True).start()
    if error := await written:
        raise error


def write_all(out: int, text: bytes) -> OSError | None:
    """What went wrong, if anything."""
    rest = memoryview(text)
    try:
        while rest:
            rest = rest[os.write(out, rest) :]
    except OSError as error:
        return error
    return None
