"""Budgets of keys: money by the prices of Models, what the ledger has and what it does not have yet in one sum."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from aiohttp import web
from sqlalchemy import Engine

from inferops.control import budgets
from inferops.control.plane import ControlPlane
from inferops.control.spending import follow_ledger
from inferops.metering.journal import Journal
from inferops.metering.ledger.clerk import Clerk
from inferops.metering.ledger.database import open_sqlite, writing
from inferops.metering.ledger.ingestion import read_delivery, store_delivery
from inferops.metering.ledger.migrate import migrate
from inferops.metering.ledger.server import Records, build_app
from inferops.metering.ledger_client import LedgerClient
from inferops.names import Manifest, instance_id
from inferops.settings import LedgerSettings
from tests.gateway.gateway import Gateway, host_of
from tests.gateway.objects import ALICE, NAMESPACE, api_key, model
from tests.gateway.spender import ask, spending
from tests.gateway.test_limits import build_second, limit, second
from tests.support.eventually import PATIENCE, eventually
from tests.support.ledger_rows import write_price
from tests.support.usage_lines import line, lines

WARM = host_of("warm")
KEY = f"{NAMESPACE}/alice"
PRICES = {"inputPerMillionTokens": "1000", "outputPerMillionTokens": "10000"}
COST = Decimal("0.91")
"""Of a request of `ask`: 10 tokens of its prompt, 90 of its answer."""
AMOUNT = "10.00"
FIT = 10
"""Requests: the last one begins while something is left."""


def budgeted(amount: str = AMOUNT, period: str = "month") -> Manifest:
    return api_key("alice", budget={"amount": amount, "period": period})


async def spend(gateway: Gateway, amount: str = AMOUNT) -> None:
    """Give the model a price and alice a budget."""
    gateway.put(model("tiny", servedName="Tiny/Chat-1", prices=PRICES))
    await limit(gateway, budgeted(amount))


def spent(gateway: Gateway) -> Decimal:
    return gateway.plane.limits.budgets.account(KEY, datetime.now(UTC)).spent


async def ask_many(gateway: Gateway, count: int, **more: Any) -> Counter[int]:
    async with gateway.client(WARM, ALICE) as client:
        answers = await asyncio.gather(*(ask(client, **more) for _ in range(count)))
    return Counter(answer.status_code for answer in answers)


async def test_a_spent_budget_is_answered_as_openai_answers_insufficient_credit(gateway: Gateway) -> None:
    async with spending(gateway) as spender, gateway.client(WARM, ALICE) as client:
        await spend(gateway)
        answers = []
        for _ in range(14):
            answers.append(await ask(client))
            await eventually(lambda: spent(gateway) == spender.requests * COST)
    assert [answer.status_code for answer in answers] == [200] * (FIT + 1) + [429] * 3
    error = answers[-1].json()["error"]
    assert (error["code"], error["type"]) == ("insufficient_quota", "insufficient_quota")
    assert error["message"].startswith("Insufficient credit: the budget of this API key, 10.00 in a month, is spent.")
    assert int(answers[-1].headers["retry-after"]) > 0
    assert spent(gateway) == (FIT + 1) * COST, "it overshot by less than one request"


async def test_many_at_once_through_two_gateways_spend_no_more_than_there_is(
    gateway: Gateway, tmp_path: Path, envoy_binary: str
) -> None:
    async with second(gateway, tmp_path, envoy_binary) as other, spending(gateway) as spender:
        await spend(gateway)
        counts = await asyncio.gather(*(ask_many(each, 25, delay=0.3) for each in (gateway, other)))
        assert sum(counts, Counter())[429] >= 50 - FIT
        await eventually(lambda: spent(gateway) == spender.requests * COST)
        assert 5 * COST <= spent(gateway) <= Decimal(AMOUNT)


async def test_who_must_wait_for_what_runs_hears_that_it_is_a_matter_of_a_second(gateway: Gateway) -> None:
    async with spending(gateway), gateway.client(WARM, ALICE) as client:
        await spend(gateway, "1.00")
        running = asyncio.create_task(ask(client, delay=1))
        await asyncio.sleep(0.5)
        refused = await ask(client)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        error = refused.json()["error"]
        assert (error["code"], error["type"]) == ("rate_limit_exceeded", "budget")
        assert (await running).status_code == 200
        await eventually(lambda: spent(gateway) == COST)
        assert (await ask(client)).status_code == 200, "0.09 is left: one request alone may begin"


async def test_a_raised_budget_acts_within_a_second(gateway: Gateway) -> None:
    async with spending(gateway), gateway.client(WARM, ALICE) as client:
        await spend(gateway, "0.50")
        assert (await ask(client)).status_code == 200
        await eventually(lambda: spent(gateway))
        assert (await ask(client)).status_code == 429
        begun = time.monotonic()
        gateway.put(budgeted("5.00"))
        await eventually(lambda: is_admitted(client), interval=0.02)
        assert time.monotonic() - begun < PATIENCE


async def is_admitted(client: Any) -> bool:
    return (await ask(client)).status_code == 200


async def test_a_model_without_prices_costs_a_budget_nothing(gateway: Gateway) -> None:
    async with spending(gateway):
        await limit(gateway, budgeted("0.01"))
        assert await ask_many(gateway, 10) == Counter({200: 10})
        assert spent(gateway) == 0
    assert gateway.plane.world.unpriced((NAMESPACE, "alice")) == ["ended", "sleepy", "tiny"]


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    """A ledger's, with the model's price."""
    engine = open_sqlite(tmp_path / "ledger.db")
    migrate(engine)
    with writing(engine) as connection:
        prices = {"input_per_million_tokens": "1000", "output_per_million_tokens": "10000"}
        write_price(connection, 1, "Model", "tiny", **prices)
    return engine


@asynccontextmanager
async def ledger(gateway: Gateway, engine: Engine, port: int = 0) -> AsyncIterator[web.AppRunner]:
    """It answers what keys have spent, and control asks it."""
    with ThreadPoolExecutor(1) as writer:
        app = build_app(Records(engine, LedgerSettings(), writer, cast("Clerk", None)), [])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with LedgerClient(f"http://127.0.0.1:{runner.addresses[0][1]}", patience=2) as client:
            following = asyncio.create_task(follow_ledger(client, gateway.plane.limits.budgets))
            try:
                yield runner
            finally:
                following.cancel()
                await runner.cleanup()


def store(engine: Engine, *ids: str, client: str = KEY) -> None:
    """Requests of `ask`, as a meter delivers them."""
    usage = {"prompt_tokens": 10, "completion_tokens": 90}
    now = datetime.now(UTC).isoformat()
    each = {"client": client, "instance": instance_id(NAMESPACE, "warm"), "usage": usage, "model": "Tiny/Chat-1"}
    records = lines(*(line(name, time=now, **each) for name in ids))
    store_delivery(engine, read_delivery(records, "gateway-1", 0, 0), {"Tiny/Chat-1": "tiny"})


async def test_what_comes_to_the_ledger_is_counted_once(gateway: Gateway, database: Engine) -> None:
    async with spending(gateway), gateway.client(WARM, ALICE) as client, ledger(gateway, database):
        await spend(gateway)
        store(database, "before-1", "before-2")
        await eventually(lambda: spent(gateway) == 2 * COST)
        ids = [(await ask(client)).headers["x-request-id"] for _ in range(3)]
        await eventually(lambda: spent(gateway) == 5 * COST)
        store(database, ids[0], ids[2])
        await asyncio.sleep(2.2)
        assert spent(gateway) == 5 * COST, "two are in the ledger's sum now, one is not"
        store(database, ids[1], "elsewhere")
        await eventually(lambda: spent(gateway) == 6 * COST)
        assert not gateway.plane.limits.budgets.account(KEY, datetime.now(UTC)).pending


async def test_a_new_control_knows_what_was_spent(gateway: Gateway, database: Engine) -> None:
    async with spending(gateway) as spender, gateway.client(WARM, ALICE) as client:
        await spend(gateway, "1.80")
        store(database, "before-1", (await ask(client)).headers["x-request-id"])
        await gateway.plane.close()
        assert (await ask(client)).status_code == 200, "control is away: traffic passes"
        gateway.plane = ControlPlane(gateway.settings, gateway.stores)
        async with gateway.control(), ledger(gateway, database):
            await eventually(lambda: is_out_of_credit(client))
            await eventually(lambda: spent(gateway) == (1 + spender.requests) * COST)


async def is_out_of_credit(client: Any) -> bool:
    answer = await ask(client)
    return answer.status_code == 429 and answer.json()["error"]["code"] == "insufficient_quota"


async def test_while_the_ledger_is_away_the_sum_goes_on(gateway: Gateway, database: Engine) -> None:
    async with spending(gateway), gateway.client(WARM, ALICE) as client:
        await spend(gateway, "2.70")
        store(database, "before-1")
        async with ledger(gateway, database):
            await eventually(lambda: spent(gateway) == COST)
        assert [(await ask(client)).status_code for _ in range(2)] == [200] * 2
        await eventually(lambda: spent(gateway) == 3 * COST)
        assert await is_out_of_credit(client)


async def test_what_a_killed_gateway_reserved_is_free_once_the_ledger_knows_how_its_requests_ended(
    gateway: Gateway, tmp_path: Path, envoy_binary: str, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "LONG_SECONDS", 1.0)  # a minute, in a hurry
    other = build_second(gateway, tmp_path, envoy_binary)
    async with spending(gateway) as spender, ledger(gateway, database), gateway.client(WARM, ALICE) as client:
        await spend(gateway, "1.00")
        async with other.envoy() as envoy, other.client(WARM, ALICE) as far:
            running = asyncio.create_task(ask(far, delay=60))
            await eventually(lambda: spender.requests)
            envoy.kill()
            with pytest.raises(httpx.TransportError):
                await running
        await asyncio.sleep(2.5)
        refused = await ask(client)
        assert (refused.status_code, refused.json()["error"]["type"]) == (429, "budget"), "the ledger lacks it yet"
        left = Journal(gateway.access_log).read().lines  # as the next meter of the pod reads it
        assert store_delivery(database, read_delivery(left, "gateway-2", 0, 0), {}).unreadable == 0
        await eventually(lambda: is_admitted(client))
        assert spender.requests == 2
