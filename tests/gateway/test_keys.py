"""Keys that rotate, end and vanish while requests come in."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, BOB, api_key, instance, key_hash
from tests.support.eventually import PATIENCE, eventually

WARM = host_of("warm")
TINY = {"model": "Tiny/Chat-1"}
NEW = "sk-alice-second"


async def ask(gateway: Gateway, key: str, host: str = WARM) -> int:
    async with gateway.client(host, key) as client:
        return (await client.post(CHAT, json=TINY)).status_code


async def wait_for(gateway: Gateway, key: str, status: int, host: str = WARM) -> None:
    async def reached() -> bool:
        return await ask(gateway, key, host) == status

    await eventually(reached, within=1, interval=0.01)


async def test_while_a_key_rotates_both_open_and_are_one_client(gateway: Gateway, engine: Engine) -> None:
    gateway.put(api_key("alice", rotationOverlap=3600), key_hash("alice", NEW, replaced={ALICE: datetime.now(UTC)}))
    await wait_for(gateway, NEW, httpx.codes.OK)
    assert await ask(gateway, ALICE) == httpx.codes.OK
    assert {request["headers"]["x-client-id"] for request in engine.seen[-2:]} == {"team/alice"}


async def test_the_key_before_ends_on_time_without_the_operator(gateway: Gateway) -> None:
    begun = datetime.now(UTC)
    gateway.put(api_key("alice", rotationOverlap=2), key_hash("alice", NEW, replaced={ALICE: begun}))
    await wait_for(gateway, NEW, httpx.codes.OK)
    while await ask(gateway, ALICE) == httpx.codes.OK:
        assert datetime.now(UTC) < begun + timedelta(seconds=2 + PATIENCE)
        await asyncio.sleep(0.02)
    assert datetime.now(UTC) >= begun + timedelta(seconds=2)
    assert await ask(gateway, NEW) == httpx.codes.OK


async def test_no_request_is_refused_while_keys_rotate(gateway: Gateway) -> None:
    """A client that takes the new key as soon as it can be read, and one that keeps the old one to the end."""
    rotating = api_key("alice", rotationOverlap=3600)
    gateway.put(rotating)
    old, refused = ALICE, 0
    for number in range(5):
        new = f"sk-alice-{number}"
        gateway.put(key_hash("alice", old, following=new))
        await asyncio.sleep(0.3)  # as long as a Secret takes to reach its readers, and more than the gateways need
        gateway.put(key_hash("alice", new, replaced={old: datetime.now(UTC)}))
        for _ in range(10):
            answers = await asyncio.gather(ask(gateway, old), ask(gateway, new))
            refused += sum(answer != httpx.codes.OK for answer in answers)
        old = new
    assert refused == 0


async def test_a_deleted_key_stops_within_a_second_though_its_hash_is_still_there(gateway: Gateway) -> None:
    assert await ask(gateway, ALICE) == httpx.codes.OK
    gateway.drop(api_key("alice"))
    await wait_for(gateway, ALICE, httpx.codes.UNAUTHORIZED)
    recreated = api_key("alice")
    recreated["metadata"]["uid"] = "another"
    gateway.put(recreated)
    await asyncio.sleep(0.3)
    assert await ask(gateway, ALICE) == httpx.codes.UNAUTHORIZED, "the hash belongs to the key that is gone"


async def test_a_key_that_an_instance_names_no_longer_stops_there_and_nowhere_else(gateway: Gateway) -> None:
    gateway.put(instance("second", apiKeys=["alice"], stopped=True))
    await wait_for(gateway, ALICE, httpx.codes.SERVICE_UNAVAILABLE, host_of("second"))
    gateway.put(instance("warm", apiKeys=["bob"]))
    await wait_for(gateway, ALICE, httpx.codes.FORBIDDEN)
    assert await ask(gateway, BOB) == httpx.codes.OK
    assert await ask(gateway, ALICE, host_of("second")) == httpx.codes.SERVICE_UNAVAILABLE


async def test_the_new_secret_of_one_of_two_twins_does_not_open_what_only_the_other_may(gateway: Gateway) -> None:
    """Both had one secret; now alice rotates, and for a while has two. Who has but the new one is not twin."""
    gateway.put(
        api_key("twin"),
        key_hash("twin", ALICE),
        api_key("alice", rotationOverlap=3600),
        key_hash("alice", NEW, replaced={ALICE: datetime.now(UTC)}),
        instance("second", apiKeys=["twin"], stopped=True),
    )
    await wait_for(gateway, ALICE, httpx.codes.SERVICE_UNAVAILABLE, host_of("second"))
    await wait_for(gateway, NEW, httpx.codes.OK)
    assert await ask(gateway, ALICE) == httpx.codes.OK
    assert await ask(gateway, NEW, host_of("second")) == httpx.codes.FORBIDDEN
