"""Which filters a request meets follows from the instance that it reaches, by whichever way."""

import asyncio

from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ALICE, api_key, endpoint_slice
from tests.support.eventually import eventually


def ways_to(name: str) -> tuple[tuple[str, str], ...]:
    """Host and path: its own, the shared one, another instance's, nobody's."""
    path = path_of(name)
    return (host_of(name), CHAT), (SHARED, CHAT), (SHARED, path), (host_of("open"), path), ("nobody.test", path)


async def ask(gateway: Gateway, host: str, path: str, model: str) -> int:
    async with gateway.client(host, ALICE) as client:
        return (await client.post(path, json={"model": model})).status_code


async def test_a_limit_counts_requests_of_every_way_in(gateway: Gateway) -> None:
    gateway.put(api_key("alice", limits={"requestsPerMinute": 4}))
    await eventually(lambda: gateway.plane.limits.limits)
    await asyncio.sleep(0.3)
    assert [await ask(gateway, host, path, "Tiny/Chat-1") for host, path in ways_to("warm")] == [200] * 4 + [429]


async def test_an_instance_without_a_replica_holds_requests_of_every_way_in(gateway: Gateway, engine: Engine) -> None:
    waiting = [asyncio.create_task(ask(gateway, host, path, "sleepy")) for host, path in ways_to("cold")]
    await eventually(lambda: sum(gate.held for gate in gateway.plane.activator.gates.values()) == len(waiting))
    gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
    assert await asyncio.gather(*waiting) == [200] * len(waiting)
