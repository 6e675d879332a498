"""/v1/models and the names under which instances are found on the shared host."""

import asyncio
import functools

import httpx
import openai
import pytest

from inferops.names import instance_id
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of
from tests.gateway.objects import ALICE, BOB, ELSEWHERE, EVE, NAMESPACE, api_key, instance, model
from tests.support.eventually import eventually


async def list_models(gateway: Gateway, key: str) -> list[str]:
    async with gateway.openai(SHARED, key) as client:
        return [each.id async for each in client.models.list()]


async def test_the_shared_host_lists_what_the_key_may_use_also_at_zero(gateway: Gateway, engine: Engine) -> None:
    assert await list_models(gateway, ALICE) == ["Tiny/Chat-1", "ended", "free", "sleepy"]
    assert await list_models(gateway, BOB) == ["free"]
    assert await list_models(gateway, EVE) == []
    assert engine.seen == []


async def test_one_model_is_described_by_its_name(gateway: Gateway) -> None:
    async with gateway.openai(SHARED, ALICE) as client:
        found = await client.models.retrieve("Tiny/Chat-1")
        assert (found.id, found.object, found.owned_by) == ("Tiny/Chat-1", "model", NAMESPACE)
        with pytest.raises(openai.NotFoundError) as unknown:
            await client.models.retrieve("no-such")
        assert unknown.value.code == "model_not_found"


async def test_nobody_reads_the_list_of_another_key(gateway: Gateway) -> None:
    async with gateway.client("l:team/alice", BOB, **{"x-vhost": "l:team/alice"}) as client:
        assert (await client.get("/v1/models")).status_code in (400, 404)
    async with gateway.client(SHARED) as client:
        assert (await client.get("/v1/models")).status_code == 401


async def test_the_instance_host_asks_the_engine(gateway: Gateway, engine: Engine) -> None:
    async with gateway.client(host_of("warm"), ALICE) as client:
        assert (await client.get("/v1/models")).status_code == 200
    assert (engine.seen[-1]["method"], engine.seen[-1]["path"]) == ("GET", "/v1/models")


async def test_a_list_follows_instances_and_keys(gateway: Gateway) -> None:
    async def lists(key: str, expected: list[str]) -> bool:
        return await list_models(gateway, key) == expected

    gateway.put(instance("theirs", namespace=ELSEWHERE, apiKeys=["eve"]))
    await eventually(lambda: lists(EVE, ["Tiny/Chat-1"]))
    gateway.put(instance("warm", apiKeys=["bob"]))
    await eventually(lambda: lists(BOB, ["Tiny/Chat-1", "free"]))
    await eventually(lambda: lists(ALICE, ["ended", "free", "sleepy"]))
    gateway.put(api_key("bob", disabled=True))

    async def refused() -> bool:
        async with gateway.client(SHARED, BOB) as client:
            return (await client.get("/v1/models")).status_code == 401

    await eventually(refused)


async def test_a_long_list_arrives_whole(gateway: Gateway) -> None:
    names = [f"a-model-with-a-rather-long-name-{index:03}" for index in range(100)]
    gateway.put(*(model(name) for name in names), *(instance(name, model=name, auth="None") for name in names))

    async def all_listed() -> bool:
        return set(names) <= set(await list_models(gateway, BOB))

    await eventually(all_listed)


Form = dict[str, tuple[str | None, bytes]]
MODELS = ("tiny-2", "org/Model-7B_v0.3", "a b*c?d%e#f&g", "modèle-日本", "m:x@main+lora~1")


async def test_any_model_name_finds_its_instance_by_json_and_by_form(gateway: Gateway) -> None:
    for name in MODELS:
        gateway.put(model("odd", servedName=name), instance("odd", model="odd", auth="None", stopped=True))
        late: Form = {"file": ("speech.wav", b"\r\n--x" * 50_000), "model": (None, name.encode())}
        early: Form = {"model": (None, name.encode()), "file": ("speech.wav", b"\0" * 300_000)}
        async with gateway.client(SHARED, BOB) as client:
            await eventually(functools.partial(listed, gateway, BOB, name))
            await eventually(functools.partial(refused, client, name))  # control lists it first, then gateways know it
            typed = {"content-type": "application/json; charset=utf-8"}
            assert (await client.post(CHAT, json={"model": name}, headers=typed)).status_code == 503
            for files in (late, early):
                assert (await client.post("/v1/audio/transcriptions", files=files)).status_code == 503, name


async def refused(client: httpx.AsyncClient, name: str) -> bool:
    asked = {"messages": [{"model": "no"}], "model": name}
    return (await client.post(CHAT, json=asked)).status_code == 503


async def listed(gateway: Gateway, key: str, name: str) -> bool:
    return name in await list_models(gateway, key)


async def test_of_two_instances_with_one_model_name_the_older_one_has_it(gateway: Gateway, engine: Engine) -> None:
    gateway.put(instance("younger", apiKeys=["alice"], created="2026-02-01T00:00:00Z"))
    await eventually(lambda: instance_known(gateway, "younger"))
    async with gateway.client(SHARED, ALICE) as client:
        assert (await client.post(CHAT, json={"model": "Tiny/Chat-1"})).status_code == 200
        assert (await client.post(CHAT, json={"model": "tiny/chat-1"})).status_code == 200
    assert len(engine.seen) == 2


def instance_known(gateway: Gateway, name: str) -> bool:
    return any(route.id.startswith(name) for route in gateway.plane.publisher.routes.values())


async def test_a_host_that_somebody_else_has_is_not_taken(gateway: Gateway) -> None:
    """Also not one that an instance will have: the thief here is older than its victim."""
    wanted = host_of("victim")
    old = "2025-01-01T00:00:00Z"
    gateway.put(
        instance("thief", model="free", ingress={"host": wanted}, auth="None", created=old, stopped=True),
        instance("robber", model="free", ingress={"host": SHARED}, auth="None", created=old, stopped=True),
        instance("victim", model="free", auth="None"),
        instance("own", model="free", ingress={"host": "chat.example.com"}, auth="None", stopped=True),
    )
    await eventually(lambda: instance_known(gateway, "victim"))

    async def status(host: str) -> int:
        async with gateway.client(host, ALICE) as client:
            return (await client.post(CHAT, json={"model": "Tiny/Chat-1"})).status_code

    async def own_host() -> bool:
        return await status("chat.example.com") == 503

    await eventually(own_host)
    assert await status(SHARED) == 200
    waiting = asyncio.create_task(status(wanted))
    await eventually(lambda: gateway.plane.activator.gates[instance_id(NAMESPACE, "victim")].held == 1)
    waiting.cancel()
