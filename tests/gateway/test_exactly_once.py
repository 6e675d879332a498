"""Whatever is killed, the ledger has each request once, with the tokens and the seconds that its engine tells."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from tests.gateway.metered import Metered, run_metered
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.postgresql import Postgresql, start_postgresql
from tests.support.usage_load import Crowd, Heard, Request, plan_requests
from tests.support.usage_truth import Differences

pytestmark = pytest.mark.slow
LONG = bool(os.environ.get("LONG"))
LEAST, CLIENTS, PAUSE = (20_000, 32, 0.02) if LONG else (500, 12, 0.1)
"""Requests that are answered, at least; who asks them, and how long each waits in between."""
MOST = 200_000
ROUNDS = 4 if LONG else 1
"""Of kills."""
BETWEEN, AWAY = 2.0, 0.7
"""Seconds between two kills, and that a part is not there."""
FULL = 20.0
"""Seconds that the journal's volume has no room."""
DELIVERED = 40.0
"""Seconds at most until all is stored, once everything is back."""
VOLUME = "size=24m"
LONG_ID = {"x-request-id": "x" * 500}
"""A client's own: lines of the journal are longer by as much, so that a small volume is soon full."""


async def kill_each(metered: Metered, server: Postgresql | None, journal: Path) -> None:
    """One after the other, under load; at last the ledger and the meter together."""
    for _ in range(ROUNDS):
        for part in (metered.meter, metered.control, metered.envoy, metered.ledger):
            await asyncio.sleep(BETWEEN)
            async with part.away():
                await asyncio.sleep(AWAY)
        if server:
            async with without_database(server):
                await asyncio.sleep(BETWEEN)
        async with metered.ledger.away(), metered.meter.away():
            await asyncio.sleep(BETWEEN)
        if LONG and is_volume(journal):
            with full(journal):
                await asyncio.sleep(FULL)


@asynccontextmanager
async def without_database(server: Postgresql) -> AsyncIterator[None]:
    """PostgreSQL is killed, and back at the end."""
    await asyncio.to_thread(server.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(server.start)


def is_volume(folder: Path) -> bool:
    return folder.is_mount()


@contextmanager
def full(volume: Path) -> Iterator[None]:
    """It has no room for as long as the context lasts, whatever is deleted there meanwhile."""
    with (volume / "ballast").open("wb", buffering=0) as ballast:
        with suppress(OSError):
            while True:
                ballast.write(bytes(65536))
        try:
            yield
        finally:
            ballast.truncate(0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Path]:
    """A volume of its own, where this process may mount one; else a folder."""
    folder = tmp_path / "journal"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", VOLUME, "inferops-journal", folder], check=False
        ).returncode
    )
    yield folder
    if mounted:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[Postgresql | None]:
    """None: SQLite."""
    if request.param == "sqlite":
        yield None
        return
    with start_postgresql() as started:
        yield started


async def ask_during(metered: Metered, troubled: "asyncio.Task[None]") -> Heard:
    """Requests for as long as the trouble lasts."""
    crowd = Crowd(metered.gateway.url, metered.headers | LONG_ID, CLIENTS)
    planned = plan_requests(MOST, Random(8))  # noqa: S311  no secret

    def until_quiet() -> Iterator[Request]:
        for request in planned:
            if troubled.done():
                break
            yield request

    heard = await crowd.ask_all(until_quiet(), PAUSE)
    await troubled
    return await crowd.ask_all(islice(planned, max(CLIENTS, LEAST - heard.statuses[200])))


async def wait_stored(metered: Metered, heard: Heard) -> Differences:
    """All that the engine produced something for."""

    async def stored() -> Differences:
        differences = await metered.compare(heard)
        assert not differences.lost, str(differences)
        return differences

    return await eventually(stored, within=DELIVERED, interval=0.5)


async def test_whatever_is_killed_each_request_is_stored_once_with_what_the_engine_tells(
    tmp_path: Path, own: ApiServer, journal: Path, server: Postgresql | None
) -> None:
    database = server.create("ledger") if server else None
    async with run_metered(tmp_path, own.kubeconfig, database, journal) as metered:
        heard = await ask_during(metered, asyncio.create_task(kill_each(metered, server, journal)))
        differences = await wait_stored(metered, heard)
    print(f"{dict(heard.statuses)}, {differences}")
    assert heard.statuses[200] >= LEAST * 0.99
    assert differences.exact, str(differences)
    assert len(differences.unknown) + differences.unheard < differences.requests / 50, str(differences)
