"""Instances of one model share the requests that name it, by weight."""

import asyncio
from collections import Counter
from typing import Any

from inferops.names import instance_id
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of
from tests.gateway.objects import ALICE, BOB, NAMESPACE, endpoint_slice, instance
from tests.support.eventually import eventually

WARM_ID = instance_id(NAMESPACE, "warm")
MODEL = {"model": "Tiny/Chat-1"}


async def ask(gateway: Gateway, key: str = ALICE) -> str:
    """The engine that answered, or the status."""
    async with gateway.client(SHARED, key) as client:
        answer = await client.post(CHAT, json=MODEL)
    return str(answer.json()["engine"]) if answer.status_code == 200 else str(answer.status_code)


async def count(gateway: Gateway, requests: int = 200) -> Counter[str]:
    return Counter([await ask(gateway) for _ in range(requests)])


def weighing(weight: int | None) -> dict[str, Any]:
    return {} if weight is None else {"weight": weight}


async def share(gateway: Gateway, engine: Engine, canary: Engine, weights: tuple[int, int | None], **spec: Any) -> None:
    """Weights of `warm` and its canary, both with an engine of their own."""
    old: dict[str, Any] = {"apiKeys": ["alice"]} | weighing(weights[0])
    new: dict[str, Any] = {"apiKeys": ["alice"]} | weighing(weights[1]) | spec
    gateway.put(
        instance("warm", **old),
        instance("canary", created="2026-02-01T00:00:00Z", **new),
        endpoint_slice("warm", (engine.address, engine.port, True)),
        endpoint_slice("canary", (canary.address, canary.port, True)),
    )

    def known() -> bool:
        routes = gateway.plane.publisher.routes
        wanted = {instance_id(NAMESPACE, "warm"): weights[0], instance_id(NAMESPACE, "canary"): weights[1]}
        shared = dict(routes[instance_id(NAMESPACE, "warm")].shares) if len(routes) > 5 else {}
        return shared == ({} if not weights[1] else wanted)

    await eventually(known)

    async def canary_answers() -> bool:
        async with gateway.client(host_of("canary"), ALICE) as client:
            return (await client.post(CHAT, json=MODEL)).status_code in (200, 403, 503)

    await eventually(canary_answers)


async def test_requests_are_shared_by_weight(gateway: Gateway, engine: Engine) -> None:
    async with Engine("canary", "127.0.0.2") as canary:
        await share(gateway, engine, canary, (750, 250))

        async def shared() -> bool:
            return "canary" in await count(gateway, 20)

        await eventually(shared)
        counted = await count(gateway, 400)
        assert counted.keys() == {"first", "canary"}
        assert 50 < counted["canary"] < 150, counted


async def test_without_a_weight_an_instance_takes_no_part(gateway: Gateway, engine: Engine) -> None:
    async with Engine("canary", "127.0.0.2") as canary:
        await share(gateway, engine, canary, (750, None))
        assert (await count(gateway, 50)).keys() == {"first"}


async def test_a_stopped_one_takes_no_part(gateway: Gateway, engine: Engine) -> None:
    async with Engine("canary", "127.0.0.2") as canary:
        await share(gateway, engine, canary, (500, 500))
        gateway.put(instance("canary", apiKeys=["alice"], created="2026-02-01T00:00:00Z", weight=500, stopped=True))
        await eventually(lambda: not gateway.plane.publisher.routes[instance_id(NAMESPACE, "warm")].shares)

        async def first_only() -> bool:
            return (await count(gateway, 30)).keys() == {"first"}

        await eventually(first_only)


async def test_each_keeps_its_own_keys_and_its_own_limits(gateway: Gateway, engine: Engine) -> None:
    async with Engine("canary", "127.0.0.2") as canary:
        await share(gateway, engine, canary, (500, 500), apiKeys=["bob"], limits={"maxRequestBytes": "1Ki"})

        async def alice_is_refused_by_the_canary() -> bool:
            return (await count(gateway, 30)).keys() == {"first", "403"}

        await eventually(alice_is_refused_by_the_canary)
        async with gateway.client(SHARED, BOB) as client:
            statuses = {(await client.post(CHAT, json=MODEL | {"x": "x" * 2000})).status_code for _ in range(30)}
        assert statuses == {403, 413}


async def test_a_share_of_an_instance_at_rest_waits_for_it(gateway: Gateway, engine: Engine) -> None:
    async with Engine("canary", "127.0.0.2") as canary:
        await share(gateway, engine, canary, (1, 1000))
        gateway.put(endpoint_slice("canary"))
        await eventually(lambda: gateway.plane.publisher.routes[instance_id(NAMESPACE, "canary")].cold)
        gate = gateway.plane.activator.gates[instance_id(NAMESPACE, "canary")]
        async with gateway.client(SHARED, ALICE) as client:
            waiting = [asyncio.create_task(client.post(CHAT, json=MODEL)) for _ in range(5)]
            await eventually(lambda: gate.held > 0)
            gateway.put(endpoint_slice("canary", (canary.address, canary.port, True)))
            answers = await asyncio.gather(*waiting)
        assert {answer.status_code for answer in answers} == {200}


async def test_no_request_is_lost_when_a_canary_comes_and_goes(gateway: Gateway, engine: Engine) -> None:
    answers: Counter[str] = Counter()
    done = asyncio.Event()

    async def client() -> None:
        while not done.is_set():
            answers[await ask(gateway)] += 1

    async with Engine("canary", "127.0.0.2") as canary:
        clients = [asyncio.create_task(client()) for _ in range(4)]
        for _ in range(5):
            await share(gateway, engine, canary, (500, 500))
            before = answers["canary"]
            await eventually(lambda: answers["canary"] > before + 3)  # noqa: B023
            gateway.put(instance("canary", created="2026-02-01T00:00:00Z", apiKeys=["alice"], weight=0))
            await eventually(lambda: not gateway.plane.publisher.routes[WARM_ID].shares)
            await asyncio.sleep(0.3)
            gateway.drop(instance("canary"))
            gateway.drop(endpoint_slice("canary"))
            await asyncio.sleep(0.1)
        done.set()
        await asyncio.gather(*clients)
    assert answers.keys() <= {"first", "canary"}
