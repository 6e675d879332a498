"""Requests per minute of a key, over all gateways."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import openai
import pytest

from inferops.control import metrics
from inferops.control.plane import ControlPlane
from inferops.gateway.resources import VIRTUAL_HOST
from inferops.names import Manifest
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ALICE, BOB, api_key, fill, instance
from tests.gateway.test_control import Control
from tests.support.eventually import PATIENCE, eventually
from tests.support.tcp_proxy import TcpProxy

WARM = host_of("warm")
TINY = {"model": "Tiny/Chat-1"}
WORKERS = 2


def limited(name: str, requests: int) -> Manifest:
    return api_key(name, limits={"requestsPerMinute": requests})


@asynccontextmanager
async def second(gateway: Gateway, folder: Path, binary: str) -> AsyncIterator[Gateway]:
    """Another replica, of the same control."""
    other = build_second(gateway, folder, binary)
    async with other.envoy():
        yield other


def build_second(gateway: Gateway, folder: Path, binary: str) -> Gateway:
    """It, not started; its journal is in the same folder."""
    other = Gateway(folder, binary, gateway.settings)
    other.folder = folder / "second"
    other.folder.mkdir()
    other.log, other.xds_port, other.plane = other.folder / "envoy.log", gateway.xds_port, gateway.plane
    return other


async def ask(gateway: Gateway, count: int, key: str = ALICE, host: str = WARM, path: str = CHAT) -> Counter[int]:
    """Statuses of requests on one connection."""
    async with gateway.client(host, key) as client:
        return Counter([(await client.post(path, json=TINY)).status_code for _ in range(count)])


async def limit(gateway: Gateway, *keys: Manifest) -> None:
    """Set limits, and wait until the gateways hold them."""
    gateway.put(*keys)
    await eventually(lambda: all(name_of(key) in gateway.plane.limits.limits for key in keys))
    snapshot = gateway.plane.snapshot
    await snapshot.acknowledged(VIRTUAL_HOST, snapshot.of(VIRTUAL_HOST))
    await asyncio.sleep(0.3)  # from an Envoy's main thread to its workers


def name_of(key: Manifest) -> str:
    return f"{key['metadata']['namespace']}/{key['metadata']['name']}"


async def test_a_limit_is_exact_for_one_connection_and_says_what_is_left(gateway: Gateway) -> None:
    await limit(gateway, limited("alice", 5))
    async with gateway.client(WARM, ALICE) as client:
        answers = [await client.post(CHAT, json=TINY) for _ in range(7)]
        bare = [await client.request(method, "/v1/models") for method in ("GET", "HEAD", "DELETE", "POST")]
    assert {answer.status_code for answer in bare} == {429}
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert [answer.headers["x-ratelimit-limit-requests"] for answer in answers] == ["5"] * 7
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == list("4321000")
    assert {answer.headers["x-ratelimit-reset-requests"] for answer in answers} <= {"1m0s", "1m1s", "60s", "59s"}
    assert not [answer for answer in answers if "connection" in answer.headers], "the connection is kept"
    refused = answers[-1]
    assert 55 <= int(refused.headers["retry-after"]) <= 61
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert refused.json()["error"]["type"] == "requests"
    assert "limit 5" in refused.json()["error"]["message"]


async def test_two_gateways_hold_one_limit_together(gateway: Gateway, tmp_path: Path, envoy_binary: str) -> None:
    async with second(gateway, tmp_path, envoy_binary) as other:
        await limit(gateway, limited("alice", 40))
        counts = await asyncio.gather(*(ask(each, 10) for each in (gateway, other) for _ in range(4)))
        assert sum(counts, Counter()) == Counter({200: 40, 429: 40})


async def test_a_client_that_keeps_to_one_of_two_gateways_has_its_whole_limit_there(
    gateway: Gateway, tmp_path: Path, envoy_binary: str
) -> None:
    async with second(gateway, tmp_path, envoy_binary) as other:
        await limit(gateway, limited("alice", 30))
        assert await ask(other, 40) == Counter({200: 30, 429: 10})
        assert await ask(gateway, 5) == Counter({429: 5})


async def test_a_limit_counts_every_way_in_and_every_instance(gateway: Gateway) -> None:
    await limit(gateway, limited("alice", 6))
    for host, path in ((WARM, CHAT), (SHARED, CHAT), (SHARED, path_of("warm"))):
        assert await ask(gateway, 2, host=host, path=path) == Counter({200: 2}), (host, path)
    for host, path in ((WARM, CHAT), (SHARED, CHAT), (SHARED, path_of("warm")), (host_of("cold"), CHAT)):
        assert await ask(gateway, 1, host=host, path=path) == Counter({429: 1}), (host, path)


def calls() -> float:
    """How often gateways asked control."""
    samples = [sample for metric in metrics.LIMITS.collect() for sample in metric.samples]
    return sum(sample.value for sample in samples if sample.name.endswith("_total"))


async def test_keys_without_a_limit_make_no_calls(gateway: Gateway) -> None:
    before = calls()
    assert await ask(gateway, 20) == Counter({200: 20})
    assert calls() == before
    gateway.put(instance("warm", apiKeys=["alice", "bob"]))
    await limit(gateway, limited("bob", 5))
    async with gateway.client(WARM, ALICE) as client:
        begun = time.monotonic()
        named = [(await client.post(CHAT, json=TINY)).headers.keys() for _ in range(50)]
    assert not [name for names in named for name in names if name.startswith("x-ratelimit")]
    assert calls() - before <= WORKERS * (1 + time.monotonic() - begun), (
        "a worker hears once a second that there is none"
    )


async def test_a_changed_limit_acts_within_a_second_and_gives_no_fresh_minute(gateway: Gateway) -> None:
    gateway.put(instance("warm", apiKeys=["alice", "bob"]))
    await limit(gateway, limited("alice", 5), limited("bob", 5))
    for key in (ALICE, BOB):
        assert await ask(gateway, 6, key) == Counter({200: 5, 429: 1})
    gateway.put(limited("alice", 8))
    await eventually(lambda: answers(gateway, ALICE, 200), within=2)
    await asyncio.sleep(1)  # the other worker has heard it too
    assert await ask(gateway, 5) == Counter({200: 2, 429: 3})
    assert await ask(gateway, 1, BOB) == Counter({429: 1})
    gateway.put(api_key("alice"))
    await eventually(lambda: answers(gateway, ALICE, 200, 20), within=3)


async def answers(gateway: Gateway, key: str, status: int, count: int = 1) -> bool:
    return (await ask(gateway, count, key))[status] == count


async def test_a_key_over_its_limit_costs_control_one_call_a_second(gateway: Gateway, engine: Engine) -> None:
    await limit(gateway, limited("alice", 3))
    assert await ask(gateway, 4) == Counter({200: 3, 429: 1})
    before, begun, seen = calls(), time.monotonic(), len(engine.seen)
    assert await ask(gateway, 300) == Counter({429: 300})
    assert calls() - before <= WORKERS * (1 + time.monotonic() - begun)
    assert len(engine.seen) == seen


async def test_a_high_limit_is_taken_in_shares(gateway: Gateway) -> None:
    await limit(gateway, limited("alice", 60_000))
    before, begun = calls(), time.monotonic()
    async with gateway.client(WARM, ALICE) as client:
        answers = [await client.post(CHAT, json=TINY) for _ in range(400)]
    assert {answer.status_code for answer in answers} == {200}
    assert calls() - before <= 8 + 11 * (time.monotonic() - begun)
    left = [int(answer.headers["x-ratelimit-remaining-requests"]) for answer in answers]
    assert left[0] == 59_999
    assert left[-1] == 59_600


async def test_a_burst_takes_no_more_than_it_needs(gateway: Gateway) -> None:
    """Each request of a burst comes before control has answered the first: shares that grew with each would take
    the whole limit to one worker, and others would get 429 for a minute.
    """
    share = 1000
    await limit(gateway, limited("alice", 600 * share))
    counts = [await ask(gateway, 1) for _ in range(20)]
    for _ in range(3):
        counts += await asyncio.gather(*(ask(gateway, 1) for _ in range(200)))
    assert sum(counts, Counter()) == Counter({200: 620})
    left = gateway.plane.limits.requests.take(name_of(api_key("alice")), 0, time.monotonic()).remaining
    assert 600 * share - left <= 620 + WORKERS * share


async def test_while_control_is_away_a_gateway_holds_what_it_knows_by_itself(gateway: Gateway) -> None:
    gateway.put(instance("warm", apiKeys=["alice", "bob"]))
    await limit(gateway, limited("alice", 10), limited("bob", 10))
    async with gateway.client(WARM) as client:

        async def status(key: str) -> int:
            return (await client.post(CHAT, json=TINY, headers={"x-api-key": key})).status_code

        assert [await status(ALICE) for _ in range(4)] == [200] * 4
        await gateway.plane.close()
        assert [await status(ALICE) for _ in range(7)] == [200] * 6 + [429]
        assert [await status(BOB) for _ in range(15)] == [200] * 15, "it never heard of this one's limit"


async def test_a_control_that_hangs_delays_a_request_once_a_second_at_most(
    idle_gateway: Gateway, engine: Engine
) -> None:
    gateway = idle_gateway
    control = Control(gateway, [*fill(engine.address, engine.port), limited("alice", 600_000)])
    async with gateway.envoy(wait=False), control.run() as process, gateway.client(WARM, ALICE) as client:
        await eventually(gateway.is_ready)
        assert "x-ratelimit-limit-requests" in (await client.post(CHAT, json=TINY)).headers
        process.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        times = []
        while time.monotonic() - begun < 3:
            asked = time.monotonic()
            assert (await client.post(CHAT, json=TINY)).status_code == 200
            times.append(time.monotonic() - asked)
        process.send_signal(signal.SIGCONT)
    assert max(times) < 2 * PATIENCE
    assert median(times) < 0.1, "most did not wait"


async def test_what_passed_unasked_is_charged_once(idle_gateway: Gateway) -> None:
    """Answers of control come later than a gateway waits. Many requests ask at once: each told control of all that had
    passed before, and in seconds a limit was used up that nobody came near to.
    """
    gateway, limit, crowd = idle_gateway, 1_000_000, 100
    async with gateway.control(), TcpProxy(f"http://127.0.0.1:{gateway.xds_port}") as control:
        bootstrap = gateway.bootstrap(control_port=urlsplit(control.url).port)
        async with gateway.envoy(bootstrap=bootstrap), gateway.client(WARM, ALICE) as client:

            async def ask_all() -> Counter[int]:
                answers = await asyncio.gather(*(client.post(CHAT, json=TINY) for _ in range(crowd)))
                return Counter(answer.status_code for answer in answers)

            gateway.put(limited("alice", limit))
            await asyncio.sleep(0.3)
            for _ in range(3):
                assert await ask_all() == Counter({200: crowd})
            control.late = 0.4
            begun, asked = time.monotonic(), 0
            while time.monotonic() - begun < 4:
                assert await ask_all() == Counter({200: crowd})
                asked += crowd
            control.late = 0
            assert await ask_all() == Counter({200: crowd})
    left = gateway.plane.limits.requests.take(name_of(api_key("alice")), 0, time.monotonic()).remaining
    assert limit - left < 2 * asked + 20 * crowd


async def test_a_new_control_gives_nobody_a_fresh_minute(gateway: Gateway) -> None:
    await limit(gateway, limited("alice", 20))
    async with gateway.client(WARM, ALICE) as client:
        assert [(await client.post(CHAT, json=TINY)).status_code for _ in range(15)] == [200] * 15
        await gateway.plane.close()
        gateway.plane = ControlPlane(gateway.settings, gateway.stores)
        async with gateway.control():
            await eventually(lambda: gateway.plane.snapshot.subscribers)
            await asyncio.sleep(1)
            assert Counter([(await client.post(CHAT, json=TINY)).status_code for _ in range(10)]) == {200: 5, 429: 5}


async def test_a_large_upload_over_the_limit_is_read_to_its_end_and_hears_why(gateway: Gateway, engine: Engine) -> None:
    await limit(gateway, limited("alice", 1))
    assert await ask(gateway, 1) == Counter({200: 1})
    async with gateway.openai(WARM, ALICE) as client:
        with pytest.raises(openai.RateLimitError) as refused:
            await client.audio.transcriptions.create(model="x", file=("a.wav", b"\0" * (25 << 20)))
    assert refused.value.code == "rate_limit_exceeded"
    headers = refused.value.response.headers
    assert 50 <= int(headers["retry-after"]) <= 61
    assert (headers["x-ratelimit-limit-requests"], headers["x-ratelimit-remaining-requests"]) == ("1", "0")
    assert "limit 1. Try again in" in refused.value.message
    assert len(engine.seen) == 1


async def test_the_openai_client_waits_as_long_as_it_is_told(gateway: Gateway) -> None:
    await limit(gateway, limited("alice", 1))
    async with gateway.openai(WARM, ALICE) as client:
        await client.chat.completions.create(model="Tiny/Chat-1", messages=[{"role": "user", "content": "hello"}])
        with pytest.raises(openai.RateLimitError) as refused:
            await client.chat.completions.create(model="Tiny/Chat-1", messages=[{"role": "user", "content": "hello"}])
    assert refused.value.code == "rate_limit_exceeded"
    assert 50 <= int(refused.value.response.headers["retry-after"]) <= 61
