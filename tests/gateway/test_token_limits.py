"""Tokens per minute of a key, over all gateways: estimates are reserved, and what was used takes their place."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from inferops.control.metrics import SETTLEMENTS
from inferops.control.plane import ControlPlane
from inferops.names import Manifest
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, BOB, api_key, instance
from tests.gateway.spender import ask, spending
from tests.gateway.test_limits import limit, name_of, second
from tests.support.eventually import eventually

WARM = host_of("warm")
LIMIT = 1000
ALL = 100
"""Tokens of a request of `ask`: 10 of its prompt, 90 of its answer."""


def limited(name: str = "alice", tokens: int = LIMIT, **more: int) -> Manifest:
    return api_key(name, limits={"tokensPerMinute": tokens, **more})


def used(gateway: Gateway, name: str = "alice") -> int:
    """Tokens within the last minute, as control counts them."""
    tokens = gateway.plane.limits.tokens
    client = name_of(api_key(name))
    return tokens.limits[client] - tokens.take(client, 0, time.monotonic()).remaining


def unasked() -> int:
    """Requests that passed because control did not answer within a second, as on a machine that is too busy."""
    return int(SETTLEMENTS.labels("unknown")._value.get())


async def ask_many(gateway: Gateway, count: int, **more: Any) -> Counter[int]:
    """Statuses of requests that are made at once."""
    async with gateway.client(WARM, ALICE) as client:
        answers = await asyncio.gather(*(ask(client, **more) for _ in range(count)))
    return Counter(answer.status_code for answer in answers)


async def test_answers_say_what_is_left_and_a_refusal_when_to_come_back(gateway: Gateway) -> None:
    async with spending(gateway) as spender, gateway.client(WARM, ALICE) as client:
        await limit(gateway, limited())
        answers = []
        for _ in range(12):
            answers.append(await ask(client))
            await eventually(lambda: used(gateway) == spender.used)
    refused = next(answer for answer in answers if answer.status_code == 429)
    passed = [answer for answer in answers if answer.status_code == 200]
    assert LIMIT - 2 * ALL <= spender.used <= LIMIT
    assert {answer.headers["x-ratelimit-limit-tokens"] for answer in answers} == {str(LIMIT)}
    left = [int(answer.headers["x-ratelimit-remaining-tokens"]) for answer in passed]
    assert left == sorted(left, reverse=True)
    assert refused.headers["x-ratelimit-reset-tokens"] in {"1m0s", "1m1s", "60s", "59s", "58s"}
    assert 50 <= int(refused.headers["retry-after"]) <= 61
    error = refused.json()["error"]
    assert (error["code"], error["type"]) == ("rate_limit_exceeded", "tokens")
    assert error["message"].startswith(
        "Rate limit reached for tokens per minute of this API key: limit 1000. Try again"
    )
    assert "x-ratelimit-limit-requests" not in refused.headers


async def test_fifty_at_once_through_two_gateways_use_no_more_than_the_limit(
    gateway: Gateway, tmp_path: Path, envoy_binary: str
) -> None:
    async with second(gateway, tmp_path, envoy_binary) as other, spending(gateway) as spender:
        await limit(gateway, limited())
        before = unasked()
        counts = await asyncio.gather(*(ask_many(each, 25, delay=0.2) for each in (gateway, other) for _ in range(2)))
        total = sum(counts, Counter())
        assert total[200] + total[429] == 100
        assert spender.used == total[200] * ALL
        await eventually(lambda: spender.used - (unasked() - before) * ALL <= LIMIT)
        await eventually(lambda: used(gateway) == min(spender.used, LIMIT))
        assert spender.used >= LIMIT // 2
        again = await asyncio.gather(*(ask_many(each, 25) for each in (gateway, other)))
        assert sum(again, Counter())[429] + unasked() - before >= 40
        await eventually(lambda: spender.used - (unasked() - before) * ALL <= LIMIT)


async def test_what_requests_use_beyond_their_estimate_is_the_overshoot(gateway: Gateway) -> None:
    """Answers are four times as long as they were to be: only those that run at once may overshoot."""
    async with spending(gateway) as spender:
        await limit(gateway, limited())
        await ask_many(gateway, 50, max_tokens=25, prompt=10, completion=390, delay=0.3)
        at_once = spender.requests
        await eventually(lambda: used(gateway) == LIMIT)
        assert await ask_many(gateway, 5) == Counter({429: 5})
    assert spender.used == at_once * 400
    assert at_once <= LIMIT // 25, "each reserved its 25 tokens, and those of its body"


async def test_an_answer_that_breaks_off_counts_as_far_as_it_came(gateway: Gateway) -> None:
    async with spending(gateway) as spender, gateway.client(WARM, ALICE) as client:
        await limit(gateway, limited())
        body = {"model": "a", "max_tokens": 500, "use": [10, 500], "stream": True}
        with suppress(httpx.HTTPError):
            async with client.stream("POST", CHAT, json=body) as answer:
                async for _ in answer.aiter_lines():
                    if spender.used > 60:
                        break
        await eventually(lambda: 60 < used(gateway) <= spender.used)


async def test_an_answer_with_heartbeats_counts_once(gateway: Gateway) -> None:
    headers = {"prefer": "heartbeat=1", "accept": "text/event-stream"}
    async with spending(gateway) as spender, gateway.client(WARM, ALICE, **headers) as client:
        await limit(gateway, limited(tokens=100_000))
        assert (await ask(client, completion=20, stream=True)).status_code == 200
        await eventually(lambda: used(gateway) == spender.used == 30)


async def test_what_nobody_knows_counts_as_estimated_and_what_failed_not_at_all(gateway: Gateway) -> None:
    async with spending(gateway), gateway.client(WARM, ALICE) as client:
        await limit(gateway, limited())
        assert (await ask(client, silent=True)).status_code == 200
        await asyncio.sleep(0.3)
        silent = used(gateway)
        assert 90 <= silent <= 130
        gateway.put(instance("warm", apiKeys=["alice"], limits={"maxRequestBytes": "1Ki"}))
        await asyncio.sleep(0.3)
        assert (await ask(client, text="a" * 2000)).status_code == 413
        await asyncio.sleep(0.3)
        assert used(gateway) == silent


async def test_a_key_with_both_limits_is_held_to_both_by_one_question(gateway: Gateway) -> None:
    async with spending(gateway) as spender, gateway.client(WARM, ALICE) as client:
        await limit(gateway, limited(tokens=100_000, requestsPerMinute=3))
        answers = [await ask(client) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert answers[-1].json()["error"]["type"] == "requests"
        assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == list("21000")
        assert int(answers[0].headers["x-ratelimit-remaining-tokens"]) < 100_000
        await eventually(lambda: used(gateway) == 3 * ALL == spender.used)


async def test_a_raised_limit_acts_at_once_and_gives_no_fresh_minute(gateway: Gateway) -> None:
    async with spending(gateway) as spender, gateway.client(WARM, ALICE) as client:
        await limit(gateway, limited())
        await eventually(lambda: is_refused(client))
        before = spender.used
        gateway.put(limited(tokens=LIMIT + 5 * ALL))
        await eventually(lambda: is_admitted(client), within=1)
        await eventually(lambda: is_refused(client))
        assert before < spender.used <= LIMIT + 5 * ALL


async def test_while_control_is_away_requests_pass_and_are_counted_when_it_is_back(gateway: Gateway) -> None:
    async with spending(gateway) as spender, gateway.client(WARM, ALICE) as client:
        await limit(gateway, limited())
        assert (await ask(client)).status_code == 200
        await eventually(lambda: used(gateway) == ALL)
        await gateway.plane.close()
        assert [(await ask(client)).status_code for _ in range(15)] == [200] * 15
        gateway.plane = ControlPlane(gateway.settings, gateway.stores)
        async with gateway.control():
            await eventually(lambda: gateway.plane.snapshot.subscribers)
            await eventually(lambda: is_refused(client))
            assert spender.used >= 16 * ALL > LIMIT


async def is_refused(client: httpx.AsyncClient) -> bool:
    return (await ask(client)).status_code == 429


async def is_admitted(client: httpx.AsyncClient) -> bool:
    return (await ask(client)).status_code == 200


async def test_keys_without_such_limits_are_asked_about_as_before(gateway: Gateway) -> None:
    async with spending(gateway), gateway.client(WARM) as client:
        gateway.put(instance("warm", apiKeys=["alice", "bob"]))
        await limit(gateway, limited())
        answers = [await ask(client) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {401}
        free = [await client.post(CHAT, json={}, headers={"x-api-key": BOB}) for _ in range(20)]
        assert not [name for answer in free for name in answer.headers if name.startswith("x-ratelimit")]


async def test_the_openai_client_hears_of_tokens(gateway: Gateway) -> None:
    async with spending(gateway), gateway.openai(WARM, ALICE) as client:
        await limit(gateway, limited(tokens=20))
        for _ in range(2):
            with suppress(openai.RateLimitError):
                await client.chat.completions.create(
                    model="Tiny/Chat-1", messages=[{"role": "user", "content": "hello"}], max_tokens=90
                )
            await asyncio.sleep(0.2)
        with pytest.raises(openai.RateLimitError) as refused:
            await client.chat.completions.create(
                model="Tiny/Chat-1", messages=[{"role": "user", "content": "hello"}], max_tokens=90
            )
    assert (refused.value.code, refused.value.type) == ("rate_limit_exceeded", "tokens")
