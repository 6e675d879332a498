"""How many replicas there are, with real KEDA and HPA, under real requests."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest

from tests.e2e.scaling import LIFETIME, LONG, STARTUP, STREAM, Replicas, Trickle, build_scale, scalable
from tests.e2e.test_traffic import stream
from tests.e2e.world import GATEWAY, Manifest, World, eventually, instance
from tests.support.eventually import PATIENCE

QUICK = {"drainSeconds": 1}
MINUTES = pytest.mark.skipif(not LONG, reason="takes minutes: make test-long")
SLACK = 5.0 * PATIENCE
"""Seconds: two for the end of podLifetime, KEDA's or control's own step, and a busy machine."""


def asleep(world: World, *manifests: Manifest) -> tuple[dict[str, Manifest], str]:
    """Statuses by name, once the instances sleep and KEDA listens; and the key."""
    world.apply(*manifests)
    names = [manifest["metadata"]["name"] for manifest in manifests]
    statuses = {name: world.wait_phase(name, "PENDING") for name in names}
    stranger = world.stranger()
    for name in names:
        scalable(world, name)
        world.wait_known(statuses[name], stranger)
    return statuses, world.key("e2e")


def test_an_instance_sleeps_when_its_lifetime_after_the_end_of_the_last_request_is_over(world: World) -> None:
    limits = {"requestTimeout": STREAM + 300}
    chat = instance("chat", scale=build_scale(), podLifetime=LIFETIME, rollout=QUICK, limits=limits)
    statuses, key = asleep(world, chat)
    with Replicas(world) as replicas:
        assert len(stream(world, statuses["chat"], key, tokens=STREAM * 2, delay="500ms")) == STREAM * 2
        ended = time.monotonic()
        assert replicas.of("chat") == [0, 1]
        eventually(lambda: replicas.now("chat") == 0, within=LIFETIME + 20, every=0.1)
        assert LIFETIME <= time.monotonic() - ended < LIFETIME + SLACK
    world.wait_phase("chat", "PENDING")


@MINUTES
def test_with_a_minimum_it_goes_down_to_that_when_its_lifetime_is_over(world: World) -> None:
    """Though by its window and its cooldown alone it would stay up for six minutes."""
    scale = build_scale(least=1, most=4, rate=2, window=300, cooldown=20)
    world.apply(instance("chat", scale=scale, podLifetime=60, rollout=QUICK))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    scalable(world, "chat")
    with Replicas(world) as replicas:
        for _ in range(8):
            world.chat(status, key)
        eventually(lambda: replicas.now("chat") == 4, within=60)
        ended = eventually(lambda: idle_again(world, status, key), within=60)
        eventually(lambda: replicas.now("chat") == 1, within=120)
        took = time.monotonic() - ended
        print(f"from four to one {took:.0f} s after the last request")
        assert 45 < took < 60 + 2 * 15 + SLACK, "the autoscaler looks every fifteen seconds"
        assert replicas.of("chat")[-2:] == [4, 1], "in one step"


@MINUTES
def test_replicas_go_down_once_the_cooldown_is_over_and_not_before(world: World) -> None:
    scale = build_scale(most=3, rate=5, window=5, cooldown=45)
    statuses, key = asleep(world, instance("chat", scale=scale, podLifetime=300, rollout=QUICK))
    with Replicas(world) as replicas:
        with Trickle(statuses["chat"], key, 0.2):
            eventually(lambda: replicas.now("chat") == 3, within=60)
        quiet = time.monotonic()
        with Trickle(statuses["chat"], key, 2):
            eventually(lambda: replicas.now("chat") < 3, within=120)
            assert time.monotonic() - quiet >= 45 - 15, "the autoscaler looks every fifteen seconds"
            eventually(lambda: replicas.now("chat") == 1, within=60)
            # where the autoscaler looked while the window was half empty, two were needed for a look longer
            assert replicas.of("chat", quiet) in ([3, 1], [3, 2, 1])


def idle_again(world: World, status: Manifest, key: str) -> float:
    assert world.chat(status, key)
    return time.monotonic()


def test_a_steady_trickle_never_sleeps(world: World) -> None:
    statuses, key = asleep(world, instance("chat", scale=build_scale(), podLifetime=LIFETIME, rollout=QUICK))
    with Replicas(world) as replicas, Trickle(statuses["chat"], key, LIFETIME * 0.5) as trickle:
        eventually(lambda: trickle.answered > 6, within=LIFETIME * 14)
        assert replicas.of("chat") == [0, 1]
        assert trickle.seen == []


def build_slow(seconds: int, **spec: Any) -> Manifest:
    """An instance of an engine that takes its time to start."""
    env = [{"name": "ENGINE_STARTUP_DELAY", "value": f"{seconds}s"}]
    return instance("chat", podLifetime=LIFETIME, env=env, rollout=QUICK, **spec)


def test_a_replica_that_starts_for_longer_than_the_lifetime_is_left_to_start(world: World) -> None:
    """Its client has given up: the next one finds it ready."""
    statuses, key = asleep(world, build_slow(STARTUP, scale=build_scale()))
    with Replicas(world) as replicas:
        headers = {"host": urlsplit(statuses["chat"]["address"]).netloc, "x-api-key": key}
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{GATEWAY}/v1/models", headers=headers, timeout=5)
        world.wait_phase("chat", "ACTIVE", within=STARTUP + 60)
        assert replicas.of("chat") == [0, 1]
        eventually(lambda: replicas.now("chat") == 0, within=LIFETIME + 30)


def test_what_waits_is_answered_by_as_many_as_it_needs_in_one_step(world: World) -> None:
    statuses, key = asleep(world, build_slow(20, scale=build_scale(most=8, rate=10)))
    with Replicas(world) as replicas, ThreadPoolExecutor(60) as pool:
        answers = [pool.submit(world.chat, statuses["chat"], key) for _ in range(60)]
        eventually(lambda: replicas.now("chat") == 6, within=60)
        assert replicas.of("chat") == [0, 1, 6]
        assert all(answer.result() for answer in answers)


def test_a_stopped_instance_has_no_pods_within_seconds_under_load_and_starts_at_its_minimum(world: World) -> None:
    scale = build_scale(least=2, most=3, rate=5)
    world.apply(
        instance("chat", scale=scale, rollout=QUICK), instance("sleeper", scale=build_scale(), podLifetime=None)
    )
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    sleeper = world.wait_phase("sleeper", "PENDING")
    scalable(world, "sleeper")
    world.wait_routable(status, key)
    assert world.chat(sleeper, key), "awake for ever from now on"
    with ExitStack() as stack:
        replicas = stack.enter_context(Replicas(world))
        for each in (status, sleeper):
            stack.enter_context(Trickle(each, key, 0.3))
        stop(world, stopped=True)
        stopped = time.monotonic()
        eventually(lambda: replicas.now("chat") == replicas.now("sleeper") == 0, within=10)
        print(f"no replicas {time.monotonic() - stopped:.1f} s after the stop")
        headers = {"host": urlsplit(status["address"]).netloc, "x-api-key": key}
        answer = httpx.get(f"{GATEWAY}/v1/models", headers=headers, timeout=10)
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert "stopped" in answer.json()["error"]["message"]
        assert answer.elapsed.total_seconds() < PATIENCE
    with Replicas(world) as replicas:
        stop(world, stopped=False)
        eventually(lambda: replicas.now("chat") == 2, within=30)
        world.wait_phase("chat", "ACTIVE")
        world.wait_phase("sleeper", "PENDING")
        assert replicas.of("sleeper") == [0], "its minimum is none, whatever it did before"


def stop(world: World, *, stopped: bool) -> None:
    for name in ("chat", "sleeper"):
        world.kubectl("patch", "inf", name, "--type=merge", "-p", json.dumps({"spec": {"stopped": stopped}}))


def test_from_none_to_many_under_many_requests_none_is_lost(world: World) -> None:
    statuses, key = asleep(world, instance("chat", scale=build_scale(most=6, rate=100), podLifetime=60, rollout=QUICK))
    with Replicas(world) as replicas:
        codes = asyncio.run(flood(statuses["chat"], key, rate=200, seconds=20))
        eventually(lambda: 6 in replicas.of("chat"), within=30)  # where asking took long, they may be gone again
    print(f"{len(codes)} requests in 20 s; replicas {replicas.of('chat')}")
    assert set(codes) == {httpx.codes.OK}


async def flood(status: Manifest, key: str, rate: int, seconds: int) -> list[int]:
    """Statuses of so many requests a second, by a client that leaves the CPU to what it asks."""
    headers = {"host": urlsplit(status["address"]).netloc, "x-api-key": key}
    body = {"model": status["model"], "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
    patience = aiohttp.ClientTimeout(total=90)
    async with aiohttp.ClientSession(
        GATEWAY, headers=headers, timeout=patience, connector=aiohttp.TCPConnector(limit=0)
    ) as client:
        begun, asked = time.monotonic(), []
        for number in range(rate * seconds):
            asked.append(asyncio.create_task(ask(client, body)))
            await asyncio.sleep(begun + number / rate - time.monotonic())
        return await asyncio.gather(*asked)


async def ask(client: aiohttp.ClientSession, body: Manifest) -> int:
    async with client.post("/v1/chat/completions", json=body) as answer:
        await answer.read()
        return answer.status
