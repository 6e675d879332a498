"""What a key may use holds over all replicas of the gateway."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from dev.target import Target
from tests.e2e.scaling import LONG
from tests.e2e.test_gateway import pods, read_metrics
from tests.e2e.world import (
    GATEWAY,
    SYSTEM,
    TLS,
    Manifest,
    World,
    engine_model,
    eventually,
    install_shared,
    instance,
    resource,
)

AT_ONCE, ANSWER = 50, 90
"""Requests, and tokens of an answer."""
TOKENS, AMOUNT = 1000, Decimal("10.00")
INPUT, OUTPUT = Decimal("0.001"), Decimal("0.01")
"""Prices of a token."""
GATEWAYS = "deployment/inferops-gateway"
FRESH = httpx.Limits(max_keepalive_connections=0)
"""A connection for each request: kube-proxy chooses a replica for each."""


@pytest.fixture
def two_gateways(local: Target, world: World) -> Iterator[None]:
    """They serve."""
    before = local.kubectl("-n", SYSTEM, "get", GATEWAYS, "-o", "jsonpath={.spec.replicas}")
    local.kubectl("-n", SYSTEM, "scale", GATEWAYS, "--replicas=2")
    try:
        local.kubectl("-n", SYSTEM, "rollout", "status", GATEWAYS, "--timeout=120s")
        yield
    finally:
        local.kubectl("-n", SYSTEM, "scale", GATEWAYS, f"--replicas={before}")
        eventually(lambda: len(pods(world)) == int(before), within=120)


@pytest.mark.skipif(not LONG, reason="a gateway more and a gateway less take 20 s: LONG=1")
@pytest.mark.destructive
@pytest.mark.usefixtures("two_gateways")
def test_fifty_at_once_through_two_gateways_use_no_more_than_a_key_may(world: World) -> None:
    status = start(world)
    tokens, money = world.key("tokens"), world.key("money")
    for key in (tokens, money):
        world.wait_routable(status, key)
    eventually(lambda: both_serve(world, status), within=30)
    used = sum(read_tokens(ask_many(status, tokens)))
    assert 0 < used <= TOKENS
    assert used + sum(read_tokens(ask_many(status, tokens))) <= TOKENS

    answers = ask_many(status, money)
    assert {answer.status_code for answer in answers} == {200, 429}

    def is_spent() -> bool:
        answers.extend(ask_many(status, money, 1))
        return is_out_of_credit(answers[-1])

    eventually(is_spent)
    spent, most = sum(map(cost, answers)), max(map(cost, answers))
    assert AMOUNT <= spent < AMOUNT + most, "it ends with one request more"
    eventually(lambda: Decimal(world.status("money", "apikey").get("spent", 0)) == spent)


def start(world: World) -> Manifest:
    """The status of an instance whose tokens cost something; one of its keys may use little, one may spend little."""
    prices = {"inputPerMillionTokens": f"{INPUT * 10**6:f}", "outputPerMillionTokens": f"{OUTPUT * 10**6:f}"}
    install_shared(world.target, engine_model("e2e-priced", defaultHardware="e2e-cpu", prices=prices))
    world.apply(
        resource("ApiKey", "tokens", limits={"tokensPerMinute": TOKENS}),
        resource("ApiKey", "money", budget={"amount": f"{AMOUNT}", "period": "month"}),
        instance("chat", "e2e-priced", apiKeys=["e2e", "tokens", "money"]),
    )
    return world.wait_phase("chat", "ACTIVE")


def both_serve(world: World, status: Manifest) -> bool:
    """Whether kube-proxy knows both."""
    ask_many(status, world.key("e2e"), 8)
    counted = f'inferops_gateway_requests_total{{client="{world.namespace}/e2e"'
    return [counted in read_metrics(world, pod) for pod in pods(world)] == [True, True]


def ask_many(status: Manifest, key: str, count: int = AT_ONCE) -> list[httpx.Response]:
    """At once."""
    headers = {"host": urlsplit(status["address"]).netloc, "x-api-key": key}
    body: dict[str, Any] = {"model": status["model"], "messages": [{"role": "user", "content": "hello"}]}
    body |= {"max_tokens": ANSWER, "engine": {"token_delay": "5ms"}}

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=GATEWAY, headers=headers, limits=FRESH, verify=TLS, timeout=60) as client:
            return await asyncio.gather(*(client.post("/v1/chat/completions", json=body) for _ in range(count)))

    return asyncio.run(run())


def read_tokens(answers: list[httpx.Response]) -> Iterator[int]:
    """Of those that were answered; the others were refused."""
    for answer in answers:
        assert answer.status_code in {200, 429}, answer.text
        if answer.is_success:
            yield answer.json()["usage"]["total_tokens"]


def cost(answer: httpx.Response) -> Decimal:
    """By the prices."""
    usage = answer.json().get("usage") or {}
    prompt, completion = int(usage.get("prompt_tokens", 0)), int(usage.get("completion_tokens", 0))
    return prompt * INPUT + completion * OUTPUT


def is_out_of_credit(answer: httpx.Response) -> bool:
    """As OpenAI says it."""
    return answer.status_code == 429 and answer.json()["error"]["code"] == "insufficient_quota"
