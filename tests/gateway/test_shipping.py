"""What the journal holds reaches the ledger once, whatever the ledger does."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from inferops.metering import shipping
from inferops.metering.journal import Journal
from inferops.metering.ledger_client import LedgerClient
from inferops.metering.metrics import LOST
from inferops.metering.shipping import Shipping, split
from tests.gateway.journal_files import JournalWriter
from tests.gateway.shaky_ledger import Mood, ShakyLedger
from tests.support.eventually import eventually

MOODS = [mood for mood in get_args(Mood) if mood not in {"well", "refuse"}]


@pytest.fixture
def journal(writer: JournalWriter) -> Journal:
    return Journal(writer.folder)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(shipping, "LONGEST_PAUSE", 0.3)


@asynccontextmanager
async def ship(journal: Journal, url: str, patience: float = 1.0, most_bytes: int = 1 << 30) -> AsyncIterator[Shipping]:
    async with LedgerClient(url, patience=patience) as client:
        found = Shipping(journal, client, "gateway-1", most_bytes, random.Random(1))  # noqa: S311  jitter
        task = asyncio.create_task(found.run())
        try:
            yield found
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_records_arrive_in_order_and_make_room(
    journal: Journal, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    ids = [f"{number:05}" for number in range(12_000)]
    writer.write(*ids[:6000])
    async with ship(journal, ledger.url):
        writer.write(*ids[6000:])
        await eventually(lambda: list(ledger.records) == ids and not journal.pending())
    assert ledger.known == 0
    assert ledger.meters == {"gateway-1"}
    assert len(list(writer.folder.glob("*.log"))) == 1


@pytest.mark.parametrize("mood", MOODS)
async def test_a_ledger_that_misbehaves_gets_each_record_once_it_is_well(
    journal: Journal, writer: JournalWriter, ledger: ShakyLedger, mood: Mood
) -> None:
    ledger.mood = mood
    async with ship(journal, ledger.url, patience=0.2):
        writer.write("one", "two")
        await eventually(lambda: ledger.asked > 2)
        assert journal.pending()
        writer.write("three")
        ledger.mood = "well"
        await eventually(lambda: not journal.pending())
    assert list(ledger.records) == ["one", "two", "three"]


async def test_a_ledger_that_is_away_gets_each_record_when_it_comes(journal: Journal, writer: JournalWriter) -> None:
    ledger = ShakyLedger()
    async with ledger.serve() as port:
        pass
    async with ship(journal, ledger.url) as shipping_:
        writer.write("one", time="2026-11-21T12:00:00Z", ms=1000)
        await eventually(lambda: shipping_.find_age(datetime(2026, 11, 21, 12, 1, 1, tzinfo=UTC)) == 60)
        async with ledger.serve(port):
            await eventually(lambda: ledger.records and not journal.pending())
            assert list(ledger.records) == ["one"]
            assert shipping_.find_age(datetime.now(UTC)) == 0


async def test_a_record_that_the_ledger_refuses_stops_no_other(
    journal: Journal, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    ids = [str(number) for number in range(50)]
    ledger.unwanted = b'"id": "17"'
    async with ship(journal, ledger.url):
        writer.write(*ids)
        await eventually(lambda: len(ledger.records) == 49 and not journal.pending())
    assert list(ledger.records) == [each for each in ids if each != "17"]


async def test_lines_that_are_no_records_are_brought_as_they_are(
    journal: Journal, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    async with ship(journal, ledger.url):
        writer.write_line(b"nonsense \xff\n")
        writer.write("one")
        await eventually(lambda: ledger.records and not journal.pending())
    assert (list(ledger.records), ledger.unreadable) == (["one"], [b"nonsense \xff"])


async def test_in_an_outage_that_lasts_too_long_the_oldest_make_room_and_are_counted(
    tmp_path: Path, ledger: ShakyLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "MOST_BYTES", 8 << 10)  # what is in memory already is brought, and is in no file
    writer = JournalWriter(tmp_path / "small", segment_bytes=64 << 10)
    journal = Journal(writer.folder)
    ids = [f"{number:04}" for number in range(2000)]  # a MiB
    ledger.mood = "error"
    before = LOST._value.get()
    async with ship(journal, ledger.url, most_bytes=256 << 10):
        writer.write(*ids)
        await eventually(lambda: ledger.asked > 2)
        assert sum(path.stat().st_size for path in writer.folder.glob("*.log")) <= 256 << 10
        ledger.mood = "well"
        await eventually(lambda: ids[-1] in ledger.records and not journal.pending())
    writer.die()
    arrived = list(ledger.records)
    assert arrived == sorted(arrived)
    assert 0 < len(ids) - len(arrived) <= LOST._value.get() - before < len(ids)


async def test_at_the_end_what_is_left_is_brought_within_bounds(
    journal: Journal, writer: JournalWriter, ledger: ShakyLedger
) -> None:
    ledger.mood = "hang"
    async with LedgerClient(ledger.url) as client:
        shipping_ = Shipping(journal, client, "gateway-1", 1 << 30, random.Random(1))  # noqa: S311  jitter
        writer.write("one", "two")
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):  # as a signal comes in the middle of a batch
                await shipping_.run()
        assert await shipping_.finish(0.2)
        ledger.mood = "well"
        assert await shipping_.finish(5) == 0
    assert list(ledger.records) == ["one", "two"]


def test_pieces_are_whole_lines() -> None:
    assert split(b"a\nb\r\nc\n", 2) == [b"a\nb\r\n", b"c\n"]
    assert split(b"a\n", 1) == [b"a\n"]
