"""Whatever is killed, the ledger has each request once, with the tokens and the seconds that its engine tells."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random

from tests.gateway.metered import Metered, run_metered
from tests.support.eventually import eventually
from tests.support.usage_load import Crowd, Heard, plan_requests
from tests.support.usage_truth import Differences

REQUESTS, CLIENTS = 2000, 16
AWAY = 1.5
"""Seconds that a part is not there."""
DELIVERED = 40.0
"""Seconds at most until all is stored, once everything is back."""


async def kill_each(metered: Metered) -> None:
    """One after the other, under load."""
    for part in (metered.meter, metered.control, metered.envoy, metered.ledger, metered.meter, metered.envoy):
        await asyncio.sleep(AWAY)
        async with part.away():
            await asyncio.sleep(AWAY / 3)
    async with metered.ledger.away(), metered.meter.away():
        await asyncio.sleep(AWAY)


async def ask_during(metered: Metered, trouble: Callable[[Metered], Coroutine[None, None, None]]) -> Heard:
    """Requests for as long as the trouble lasts, and a while longer."""
    crowd = Crowd(metered.gateway.url, metered.headers, CLIENTS)
    troubled = asyncio.create_task(trouble(metered))
    heard = await crowd.ask_all(plan_requests(REQUESTS, Random(8)), pause=0.05)  # noqa: S311  no secret
    await troubled
    return heard


async def wait_stored(metered: Metered) -> Differences:
    """All that the engine produced something for."""

    async def stored() -> Differences:
        differences = await metered.compare()
        assert not differences.lost, f"{len(differences.lost)} of {differences.requests} are not stored"
        return differences

    return await eventually(stored, within=DELIVERED, interval=0.5)


async def test_whatever_is_killed_each_request_is_stored_once_with_what_the_engine_tells(tmp_path: Path) -> None:
    async with run_metered(tmp_path) as metered:
        heard = await ask_during(metered, kill_each)
        differences = await wait_stored(metered)
    assert heard.statuses[200] > REQUESTS / 2
    assert differences.exact, differences
    assert differences.requests > REQUESTS / 2
    assert len(differences.unknown) + differences.unheard < REQUESTS / 100, differences
