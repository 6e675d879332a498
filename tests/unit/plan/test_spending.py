"""What control tells of tokens and money -> conditions, and the events that follow."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inferops.names import Manifest
from inferops.plan.announcements import plan_announcements
from inferops.plan.conditions import build_conditions
from inferops.plan.spending import judge_spending, seconds_to_calm
from inferops.specs.apikey import ApiKeySpec, Budget, KeyLimits

NOW = datetime(2026, 5, 1, 12, 15, tzinfo=UTC)
BUDGET = ApiKeySpec(budget=Budget(amount="25.00", period="month"))
TOKENS = ApiKeySpec(limits=KeyLimits(tokens_per_minute=1000))


def key(**status: Any) -> Manifest:
    return {"kind": "ApiKey", "metadata": {"name": "a", "namespace": "team", "generation": 1}, "status": status}


def verdict(spec: ApiKeySpec, now: datetime = NOW, **status: Any) -> tuple[str, str]:
    [found] = judge_spending(key(**status), spec, now)
    return found.status, found.reason


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, ("Unknown", "SpendingUnknown")),
        ({"spent": "0.00"}, ("True", "WithinBudget")),
        ({"spent": "19.99"}, ("True", "WithinBudget")),
        ({"spent": "20.00"}, ("True", "BudgetNearlySpent")),
        ({"spent": "25.00"}, ("False", "BudgetSpent")),
        ({"spent": "25.00", "unpriced": ["tiny"]}, ("False", "BudgetSpent")),
        ({"spent": "1.00", "unpriced": ["tiny"]}, ("Unknown", "NoPrices")),
        ({"unpriced": ["tiny"]}, ("Unknown", "NoPrices")),
    ],
)
def test_a_budget_is_judged_by_what_was_spent(status: Manifest, expected: tuple[str, str]) -> None:
    assert verdict(BUDGET, **status) == expected


def test_refusals_of_tokens_are_told_for_twenty_minutes() -> None:
    refused: Manifest = {"tokensRefused": "2026-05-01T12:10:00Z"}
    assert verdict(TOKENS) == ("True", "WithinLimits")
    assert verdict(TOKENS, **refused) == ("False", "TokensRefused")
    assert seconds_to_calm(key(**refused), NOW) == 900.01
    later = NOW + timedelta(seconds=900)
    assert verdict(TOKENS, later, **refused) == ("True", "WithinLimits")
    assert seconds_to_calm(key(**refused), later) is None


def test_keys_without_such_limits_have_no_such_conditions() -> None:
    assert judge_spending(key(spent="1"), ApiKeySpec(limits=KeyLimits(requests_per_minute=5)), NOW) == []


def test_events_tell_of_eighty_percent_of_all_and_of_a_raised_budget() -> None:
    reasons = []
    obj = key()
    for spent in ("1.00", "2.00", "20.00", "21.00", "25.00", "26.00", "3.00"):
        obj["status"] = {**obj["status"], "spent": spent}
        status = {"conditions": build_conditions(judge_spending(obj, BUDGET, NOW), obj, NOW)}
        reasons.append([event.reason for event in plan_announcements(obj, status)])
        obj["status"] |= status
    assert reasons == [[], [], ["BudgetNearlySpent"], [], ["BudgetSpent"], [], ["WithinBudget"]]
