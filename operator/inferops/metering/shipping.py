"""Journal -> ledger: in order, at least once, for as long as it takes. What the ledger has not confirmed stays in the
journal, of which one batch at a time is in memory: an outage, however long, costs room on the journal's volume only.
"""

import asyncio
import logging
import random
from datetime import UTC, datetime, timedelta

from inferops.errors import LedgerRefused, LedgerUnavailable
from inferops.metering.journal import Batch, Journal
from inferops.metering.ledger_client import LedgerClient
from inferops.metering.metrics import FAILURES, LOST, OLDEST, SHIPPED, WAITING
from inferops.metering.record import parse_record

logger = logging.getLogger(__name__)

MOST_BYTES = 4 << 20
MOST_LINES = 5000
"""The ledger takes no more at once."""
LOOK_SECONDS = 0.5
"""Between looks into a journal that had little."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 15.0
"""Seconds between two attempts: twice as long after each that failed; some less, so that no two meters keep step."""
QUIET_ATTEMPTS = 20
"""An outage that lasts is told of once for so many attempts."""
LONGEST_SHOWN = 2000
"""Bytes of a line."""


class Shipping:
    """One journal's way to the ledger. `meter`: our name there; `most_bytes`: what the journal may hold."""

    def __init__(
        self, journal: Journal, ledger: LedgerClient, meter: str, most_bytes: int, chance: random.Random
    ) -> None:
        self._journal, self._ledger, self._meter = journal, ledger, meter
        self._most_bytes = most_bytes
        self._chance = chance
        self._batch: Batch | None = None
        """Read, and not confirmed yet."""
        self._failures = 0
        """In a row."""

    async def run(self) -> None:
        """For ever. What it has not brought when it is cancelled, `finish` brings."""
        WAITING.set_function(self._journal.pending)
        OLDEST.set_function(lambda: self.find_age(datetime.now(UTC)))
        while True:
            try:
                shipped = await self.ship()
            except OSError as error:
                logger.warning("the journal cannot be read", extra={"error": str(error)})
                shipped = 0
            await asyncio.sleep(0 if shipped > MOST_BYTES // 2 else LOOK_SECONDS)

    async def finish(self, seconds: float) -> int:
        """Bring what is left, for at most so long. Bytes that are left then."""
        self._failures = 0
        try:
            async with asyncio.timeout(seconds):
                while await self.ship():
                    pass
        except (TimeoutError, OSError) as error:
            logger.warning("records stay behind", extra={"error": repr(error), "bytes": self._journal.pending()})
        return self._journal.pending()

    async def ship(self) -> int:
        """One batch, until the ledger has confirmed it. Its bytes; 0: there was nothing. Raises OSError."""
        batch = self._batch or self._journal.read(MOST_BYTES)
        if not batch.lines:
            return 0
        self._batch = batch
        await self._deliver(batch.lines)
        self._journal.acknowledge(batch.position)
        self._batch = None
        return len(batch.lines)

    def find_age(self, now: datetime) -> float:
        """Seconds since the end of the first request of which the ledger knows nothing yet; 0 for none."""
        if self._batch is None:
            return 0.0
        try:
            record = parse_record(self._batch.lines.partition(b"\n")[0])
        except ValueError:
            return 0.0
        return max((now - record.time - timedelta(milliseconds=record.ms or 0)).total_seconds(), 0.0)

    async def _deliver(self, lines: bytes) -> None:
        """What the ledger refuses comes again in halves, down to the line that it does not take: that is set aside."""
        pieces = split(lines, MOST_LINES)
        while pieces:
            piece = pieces.pop(0)
            try:
                await self._store(piece)
            except LedgerRefused as error:
                if (count := piece.count(b"\n")) > 1:
                    pieces[:0] = split(piece, -(-count // 2))
                else:
                    SHIPPED.labels("refused").inc()
                    shown = piece[:LONGEST_SHOWN].decode(errors="replace")
                    logger.warning("the ledger refuses a record", extra={"error": str(error), "line": shown})

    async def _store(self, lines: bytes) -> None:
        """Until it is confirmed. Raises LedgerRefused."""
        while True:
            try:
                said = await self._ledger.store(lines, self._meter)
            except LedgerUnavailable as error:
                FAILURES.labels(error.reason).inc()
                await self._wait(error)
            else:
                break
        if self._failures >= 1:
            logger.info("the ledger takes records again", extra={"failures": self._failures})
        self._failures = 0
        for outcome, count in (("stored", said.stored), ("known", said.known), ("unreadable", said.unreadable)):
            SHIPPED.labels(outcome).inc(count)

    async def _wait(self, error: LedgerUnavailable) -> None:
        """Until the next attempt. Meanwhile the journal grows: the oldest makes room beyond its bound."""
        if self._failures % QUIET_ATTEMPTS == 0:
            extra = {"error": str(error), "failures": self._failures + 1, "waiting_bytes": self._journal.pending()}
            logger.warning("the ledger does not take records", extra=extra)
        pause = min(FIRST_PAUSE * 2 ** min(self._failures, 10), LONGEST_PAUSE)
        self._failures += 1
        if lost := self._journal.bound(self._most_bytes):
            LOST.inc(lost)
            logger.error("the journal is full: the oldest records are lost", extra={"lines": lost})
        await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))


def split(lines: bytes, most: int) -> list[bytes]:
    """Pieces of at most so many lines."""
    if lines.count(b"\n") <= most:
        return [lines]
    each = [line + b"\n" for line in lines.split(b"\n")[:-1]]
    return [b"".join(each[start : start + most]) for start in range(0, len(each), most)]
