"""A thousand random changes under load: nothing is lost, nobody comes in who may not, and what is left is what a fresh
gateway would have.
"""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.changes import EXPIRY_SECONDS, INSTANCES, KEYS, MODELS, PUBLIC, STEADY, Changes
from tests.gateway.crowd import Crowd
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ALICE, EVE, endpoint_slice, instance
from tests.support.eventually import eventually

pytestmark = pytest.mark.slow
SEED = int(os.environ.get("CHANGES_SEED", "1"))
COUNT = 1000
PAUSE = 0.04
"""Seconds between two changes at most: some fall together, as after a restart of the API server."""
INTRUDERS = (EVE, "sk-none", *(f"sk-{name}-never" for name in KEYS[:3]))
"""Keys that none of the changing instances ever names."""


async def test_a_thousand_random_changes_under_load(idle_gateway: Gateway, envoy_binary: str, tmp_path: Path) -> None:
    gateway = idle_gateway
    async with AsyncExitStack() as stack:
        engine, *spares = [await stack.enter_async_context(Engine(f"e{n}", f"127.0.0.{n}")) for n in (5,)]
        spares = [await stack.enter_async_context(Engine(f"e{n}", f"127.0.0.{n}", engine.port)) for n in (6, 7)]
        here = (engine.address, engine.port)
        gateway.put(*(instance(name, apiKeys=["alice"]) for name in STEADY))
        gateway.put(*(endpoint_slice(name, (*here, True)) for name in STEADY))
        await stack.enter_async_context(gateway.control())
        await stack.enter_async_context(gateway.envoy())
        changes = Changes(gateway, SEED, here, [spare.address for spare in spares])
        crowd = Crowd(gateway, ALICE, [host_of(name) for name in STEADY])
        kinds: Counter[str] = Counter()
        pauses = random.Random(SEED)  # noqa: S311  repeatable
        async with crowd.running(), intruding(gateway) as outcomes:
            for _ in range(COUNT):
                kinds[changes.apply_one()] += 1
                await asyncio.sleep(pauses.choice((0, pauses.uniform(0, PAUSE))))
        print(f"{dict(kinds)}; {crowd.answered}, the slowest took {crowd.longest:.1f} s; intruders {outcomes}")
        assert crowd.failures == [], f"seed {SEED}"
        assert outcomes.keys() <= {401, 403, 404}, f"seed {SEED}: {outcomes}"
        assert outcomes.total() > 100
        await asyncio.sleep(EXPIRY_SECONDS)
        await compare_with_fresh(gateway, Gateway(tmp_path, envoy_binary))


@asynccontextmanager
async def intruding(gateway: Gateway) -> AsyncIterator[Counter[int]]:
    """Somebody tries all doors, all the time; counts the answers by status."""
    outcomes: Counter[int] = Counter()
    run = asyncio.create_task(intrude(gateway, outcomes))
    try:
        yield outcomes
    finally:
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run


async def intrude(gateway: Gateway, outcomes: Counter[int]) -> None:
    rng = random.Random(SEED)  # noqa: S311  repeatable
    closed = [name for name in INSTANCES if name not in PUBLIC]
    async with httpx.AsyncClient(base_url=gateway.url, timeout=20) as http:
        while True:
            name, key = rng.choice(closed), rng.choice(INTRUDERS)
            ways = ((host_of(name), CHAT), (SHARED, path_of(name)), (SHARED, CHAT))
            host, path = rng.choice(ways)
            headers = {"host": host, "x-api-key": key}
            answer = await http.post(path, headers=headers, json={"model": rng.choice(MODELS)})
            outcomes[answer.status_code] += 1


async def compare_with_fresh(gateway: Gateway, fresh: Gateway) -> None:
    """What Envoy has now, and what another one has that heard everything at once."""
    fresh.folder.mkdir(exist_ok=True)
    for store in gateway.stores.values():
        fresh.put(*store.values())
    async with fresh.control(), fresh.envoy():
        expected = await read_config(fresh)

        async def same() -> bool:
            found = await read_config(gateway)
            assert found == expected, describe(found, expected)
            return True

        await eventually(same, within=15)


async def read_config(gateway: Gateway) -> list[str]:
    """All that control sent, one line for each resource, without what differs between two processes."""
    async with gateway.client("admin") as client:
        dump = await client.get(f"http://127.0.0.1:{gateway.admin_port}/config_dump?include_eds")
    found = []
    for section in dump.json()["configs"]:
        for kind, resources in section.items():
            if kind.startswith("dynamic") and isinstance(resources, list):
                found += [f"{kind} {canonical(resource)}" for resource in resources]
    return sorted(found)


def canonical(value: Any) -> str:
    return json.dumps(strip(value), sort_keys=True)


def strip(value: Any) -> Any:
    """Without versions and times; lists in an order of their own."""
    if isinstance(value, dict):
        return {key: strip(each) for key, each in value.items() if key not in {"last_updated", "version_info"}}
    if isinstance(value, list):
        return sorted((strip(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def describe(found: list[str], expected: list[str]) -> str:
    more, less = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
    return f"seed {SEED}: {len(more)} differ, such as {more[:1]}, where a fresh one has {less[:1]}"[:3000]
