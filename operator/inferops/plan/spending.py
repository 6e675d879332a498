"""What control tells of a key's tokens and money -> conditions of its ApiKey."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from inferops.names import Manifest
from inferops.plan.conditions import Verdict, no, timestamp, unknown, yes
from inferops.specs.apikey import ApiKeySpec, Budget

NEARLY = Decimal("0.8")
REFUSED_FOR = timedelta(minutes=20)
"""For so long condition WithinLimits speaks of a refusal: control tells of the ten minutes in which one lay."""


def judge_spending(obj: Manifest, spec: ApiKeySpec, now: datetime) -> list[Verdict]:
    """Only of what is limited."""
    status = obj.get("status") or {}
    verdicts = []
    if spec.limits and spec.limits.tokens_per_minute:
        verdicts.append(judge_tokens(status, spec.limits.tokens_per_minute, now))
    if spec.budget:
        verdicts.append(judge_budget(status, spec.budget))
    return verdicts


def judge_tokens(status: Manifest, limit: int, now: datetime) -> Verdict:
    """Whether requests were refused lately."""
    refused = read_time(status.get("tokensRefused"))
    if refused and now < refused + REFUSED_FOR:
        text = f"Requests were refused after {timestamp(refused)}: more than {limit} tokens in a minute."
        return no(
            "WithinLimits", "TokensRefused", f"{text} Raise spec.limits.tokensPerMinute, or ask for less at once."
        )
    return yes("WithinLimits", "WithinLimits", "No request was refused for its tokens lately.")


def judge_budget(status: Manifest, budget: Budget) -> Verdict:
    """How far it is spent; the amount itself is in status.spent, which changes more often than conditions should."""
    amount, spent = Decimal(budget.amount), status.get("spent")
    whole = f"{budget.amount} in a {budget.period}"
    if spent is not None and Decimal(spent) >= amount:
        text = f"The budget of {whole} is spent: requests get 429 (insufficient_quota) until the next {budget.period}"
        return no("WithinBudget", "BudgetSpent", f"{text}, UTC, or until spec.budget.amount is raised.")
    if spent is not None and Decimal(spent) >= amount * NEARLY:
        return yes("WithinBudget", "BudgetNearlySpent", f"More than 80 % of the budget of {whole} is spent.")
    if models := status.get("unpriced"):
        text = f"These Models have no prices, so that the budget does not count their use: {', '.join(models)}."
        return unknown("WithinBudget", "NoPrices", f"{text} Set spec.prices of the Models.")
    if spent is None:
        return unknown("WithinBudget", "SpendingUnknown", "The ledger has not said yet what was spent; requests pass.")
    return yes("WithinBudget", "WithinBudget", f"Less than 80 % of the budget of {whole} is spent.")


def seconds_to_calm(obj: Manifest, now: datetime) -> float | None:
    """Until refusals are over; None: there are none."""
    refused = read_time((obj.get("status") or {}).get("tokensRefused"))
    ends = refused + REFUSED_FOR if refused else now
    return (ends - now).total_seconds() + 0.01 if ends > now else None


def read_time(text: Any) -> datetime | None:
    """As statuses have it."""
    return datetime.fromisoformat(text) if text else None
