"""What keys have spent, from control's sum to the conditions of their ApiKeys, in a real API server."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inferops.cluster.client import Client
from inferops.control.allowances import Allowances
from inferops.control.spending import WRITE_SECONDS, SpendingReport, read_told
from inferops.gateway.keys import Limited
from inferops.names import Manifest
from inferops.plan.conditions import find_condition
from inferops.specs.apikey import Budget
from tests.support.world import NOON, World

AT = datetime(2026, 5, 10, 12, tzinfo=UTC)
AMOUNT = Budget(amount="25.00", period="month")


@pytest.fixture
def world(client: Client, namespace: str) -> World:
    return World(client, namespace)


class Spending:
    """Control's part, for one key."""

    def __init__(self, world: World) -> None:
        self.key = f"{world.namespace}/team"
        self.unpriced: list[str] = []
        self.allowances = Allowances(0.0, lambda _: None)
        self.allowances.set_limits({self.key: Limited(budget=AMOUNT)})
        self._world = world
        self._count = 0
        self.report = self.build_report()

    def build_report(self, *api_keys: Manifest) -> SpendingReport:
        """Of a control that starts."""
        return SpendingReport(
            self._world.cluster.client, self.allowances, lambda _: self.unpriced, read_told(list(api_keys))
        )

    def tell(self, spent: str, now: float) -> None:
        """The ledger's answer."""
        budgets = self.allowances.budgets
        budgets.hear(budgets.question(AT, now), {self.key: {"spent": spent, "stored": []}})

    async def spend(self, cost: str, now: float, at: datetime = AT) -> Manifest:
        """One more request; the ApiKey after the report's next look."""
        self._count += 1
        self.allowances.budgets.settle(self.key, str(self._count), Decimal(cost), at, at)
        await self.report.update(at, now)
        return await self._world.get("ApiKey", "team")


async def test_a_status_is_written_at_once_where_it_matters_else_once_a_minute(world: World) -> None:
    await world.write("ApiKey", "team", budget={"amount": "25.00", "period": "month"})
    await world.reconcile("ApiKey", "team")
    spending = Spending(world)
    first = await spending.spend("1.25", 100)
    assert (first["status"]["spent"], first["status"]["spentSince"]) == ("1.25", "2026-05-01T00:00:00Z")
    quiet = await spending.spend("1.00", 101)
    assert quiet["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    later = await spending.spend("0.000000001", 100 + WRITE_SECONDS)
    assert later["status"]["spent"] == "2.250000001"
    assert (await spending.spend("18.00", 161))["status"]["spent"] == "20.250000001", "80 %: at once"
    assert (await spending.spend("5.00", 162))["status"]["spent"] == "25.250000001", "100 %: at once"
    june = await spending.spend("0.50", 163, AT + timedelta(days=30))
    assert (june["status"]["spent"], june["status"]["spentSince"]) == ("0.50", "2026-06-01T00:00:00Z")
    spending.allowances.set_limits({})
    await spending.report.update(AT, 170)
    assert "spent" not in (await world.get("ApiKey", "team"))["status"]


async def test_a_control_that_starts_writes_nothing_that_is_so_already(world: World) -> None:
    await world.write("ApiKey", "team", budget={"amount": "25.00", "period": "month"})
    spending = Spending(world)
    before = await spending.spend("1.25", 100)
    spending.report = spending.build_report(before)
    await spending.report.update(AT, 200)
    assert (await world.get("ApiKey", "team"))["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


@pytest.mark.parametrize("spent", ["0.00", "1.25"])
async def test_a_control_that_starts_keeps_what_was_told_until_the_ledger_answers(world: World, spent: str) -> None:
    await world.write("ApiKey", "team", budget={"amount": "25.00", "period": "month"})
    first = Spending(world)
    first.tell(spent, 90)
    before = await first.spend("0", 100)
    assert before["status"]["spent"] == spent
    started = Spending(world)
    started.report = started.build_report(before)
    await started.report.update(AT, 200)
    assert (await world.get("ApiKey", "team"))["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    started.tell("2.50", 201)
    await started.report.update(AT, 202)
    assert (await world.get("ApiKey", "team"))["status"]["spent"] == "2.50"


async def test_a_spent_budget_stays_spent_where_control_starts_and_the_ledger_is_away(world: World) -> None:
    await world.write("ApiKey", "team", budget={"amount": "25.00", "period": "month"})
    before = await Spending(world).spend("24.50", 100)
    started = Spending(world)
    started.report = started.build_report(before)
    judge = started.allowances.budgets.judge
    assert judge(started.key, Decimal(0), AT, 200) == "granted"
    await started.spend("0.50", 200)
    assert judge(started.key, Decimal(0), AT, 201) == "quota"
    assert judge(started.key, Decimal(0), AT + timedelta(days=30), 201) == "granted", "it begins anew"


async def test_conditions_follow_and_leave_what_control_wrote(world: World) -> None:
    await world.write("ApiKey", "team", budget={"amount": "25.00", "period": "month"})
    spending = Spending(world)
    for cost, status, reason in (
        ("1.00", "True", "WithinBudget"),
        ("20.00", "True", "BudgetNearlySpent"),
        ("4.00", "False", "BudgetSpent"),
    ):
        await spending.spend(cost, 100)
        await world.reconcile("ApiKey", "team")
        obj = await world.get("ApiKey", "team")
        condition = find_condition(obj, "WithinBudget") or {}
        assert (condition["status"], condition["reason"]) == (status, reason)
        assert obj["status"]["spentSince"] == "2026-05-01T00:00:00Z"
    before = await world.versions()
    await world.reconcile("ApiKey", "team")
    assert await world.versions() == before, "converged is quiet"


async def test_models_without_prices_and_refused_tokens_are_told(world: World) -> None:
    limits = {"tokensPerMinute": 1000}
    await world.write("ApiKey", "team", budget={"amount": "25.00", "period": "month"}, limits=limits)
    spending = Spending(world)
    spending.allowances.set_limits({spending.key: Limited(tokens=1000, budget=AMOUNT)})
    spending.unpriced = ["tiny"]
    spending.allowances.refused[spending.key] = NOON.timestamp()
    await spending.report.update(AT, 100)
    await world.reconcile("ApiKey", "team")
    obj = await world.get("ApiKey", "team")
    assert obj["status"]["unpriced"] == ["tiny"]
    reasons = {kind: (find_condition(obj, kind) or {})["reason"] for kind in ("WithinBudget", "WithinLimits")}
    assert reasons == {"WithinBudget": "NoPrices", "WithinLimits": "TokensRefused"}
