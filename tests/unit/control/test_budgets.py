"""Money of keys: periods, reservations, and a sum that counts each request once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inferops.control import budgets as module
from inferops.control.budgets import Budgets, begin_of, end_of
from inferops.specs.apikey import Budget

KEY = "team/alice"
NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
ONE = Decimal(1)


def spending(amount: str = "3") -> Budgets:
    budgets = Budgets()
    budgets.set_budgets({KEY: Budget(amount=amount, period="month")})
    return budgets


def test_periods_begin_at_midnight_of_utc() -> None:
    east = NOON.astimezone().replace(hour=12)
    for period, begin, end in (("day", "2026-02-28", "2026-03-01"), ("month", "2026-02-01", "2026-03-01")):
        assert begin_of(period, NOON).isoformat() == f"{begin}T00:00:00+00:00"  # type: ignore[arg-type]
        assert end_of(period, NOON).isoformat() == f"{end}T00:00:00+00:00"  # type: ignore[arg-type]
    assert begin_of("day", east) <= east


def test_what_runs_is_reserved_and_one_alone_always_may() -> None:
    budgets = spending()
    assert budgets.judge(KEY, Decimal(5), NOON, 0) == "granted"
    for request in ("a", "b"):
        budgets.reserve(KEY, request, ONE, 0)
    assert budgets.judge(KEY, ONE, NOON, 0) == "granted"
    assert budgets.judge(KEY, ONE + ONE, NOON, 0) == "budget"
    budgets.settle(KEY, "a", Decimal(3), NOON, NOON)
    assert budgets.judge(KEY, Decimal(0), NOON, 0) == "quota"
    for request in ("a", "b", "b"):
        budgets.release(KEY, request)
    budgets.set_budgets({KEY: Budget(amount="4", period="month")})
    assert budgets.judge(KEY, Decimal(9), NOON, 0) == "granted", "a raised budget keeps what was spent"
    assert budgets.judge("team/bob", Decimal(9), NOON, 0) == "granted"


def test_the_ledgers_sum_and_what_it_lacks_are_one_sum() -> None:
    budgets = spending()
    for name in ("a", "b", "c"):
        budgets.settle(KEY, name, ONE, NOON, NOON)
    asked = budgets.question(NOON, 100)
    assert asked == {KEY: {"since": "2026-02-01T00:00:00+00:00", "pending": ["a", "b", "c"]}}
    budgets.settle(KEY, "d", ONE, NOON, NOON)
    budgets.hear(asked, {KEY: {"spent": "12.5", "stored": ["a", "c"]}})
    account = budgets.account(KEY, NOON)
    assert (account.spent, list(account.pending)) == (Decimal("14.5"), ["b", "d"])


def test_what_was_never_settled_holds_no_money_once_the_ledger_has_its_record() -> None:
    budgets = spending()
    budgets.reserve(KEY, "lost", ONE, 0)
    budgets.reserve(KEY, "runs", ONE, 0)
    budgets.settle(KEY, "ended", ONE, NOON, NOON)
    asked = {now: budgets.question(NOON, now)[KEY]["pending"] for now in (1, 59, 60, 61, 119, 120)}
    both, ended = ["lost", "runs", "ended"], ["ended"]
    assert asked == {1: ended, 59: ended, 60: both, 61: ended, 119: ended, 120: both}
    budgets.hear(budgets.question(NOON, 121), {KEY: {"spent": "1", "stored": ["lost", "ended"]}})
    assert budgets.account(KEY, NOON).spent == ONE
    assert budgets.judge(KEY, ONE, NOON, 121) == "granted", "1 is spent, 1 is reserved, 1 may begin"
    assert budgets.judge(KEY, ONE + ONE, NOON, 121) == "budget"
    assert budgets.question(NOON, 180) == {KEY: {"since": "2026-02-01T00:00:00+00:00", "pending": ["runs"]}}


def test_of_more_requests_than_one_question_has_none_counts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an outage the ledger has them all at once."""
    monkeypatch.setattr(module, "MOST_ASKED", 2)
    budgets = spending("9")
    budgets.hear(budgets.question(NOON, 0), {KEY: {"spent": "1", "stored": []}})
    for name in "abcde":
        budgets.settle(KEY, name, ONE, NOON, NOON)
    seen = []
    for now in range(1, 4):
        asked = budgets.question(NOON, now)
        budgets.hear(asked, {KEY: {"spent": "6", "stored": asked[KEY]["pending"]}})
        seen.append((int(budgets.account(KEY, NOON).spent), len(budgets.account(KEY, NOON).pending)))
    assert seen == [(6, 3), (6, 1), (6, 0)]


def test_an_idle_key_is_asked_about_each_minute() -> None:
    budgets = spending()
    answer = {KEY: {"spent": "1", "stored": []}}
    budgets.hear(budgets.question(NOON, 100), answer)
    times = [now for now in range(101, 300) if budgets.question(NOON, now)]
    assert times == [160, 220, 280]
    budgets.judge(KEY, ONE, NOON, 300)
    assert [now for now in range(300, 330) if budgets.question(NOON, now)] == list(range(300, 310))


def test_a_new_period_begins_with_nothing_and_old_answers_are_not_its() -> None:
    budgets, march = spending(), NOON + timedelta(days=1)
    budgets.settle(KEY, "a", Decimal(3), NOON, NOON)
    asked = budgets.question(NOON, 0)
    assert budgets.judge(KEY, ONE, march, 0) == "granted"
    budgets.hear(asked, {KEY: {"spent": "3", "stored": ["a"]}})
    assert budgets.account(KEY, march).spent == 0


def test_what_began_in_the_last_period_and_ends_in_this_one_costs_this_one_nothing() -> None:
    budgets, march = spending(), NOON + timedelta(days=1)
    budgets.hear(budgets.question(march, 0), {KEY: {"spent": "1", "stored": []}})
    budgets.settle(KEY, "march", ONE, march, march)
    budgets.settle(KEY, "february", ONE, NOON, march)
    account = budgets.account(KEY, march)
    assert (account.spent, account.known, list(account.pending)) == (ONE + ONE, True, ["march"])


@pytest.mark.parametrize("said", [{}, {"spent": None}, {"spent": "x"}, "1"])
def test_nonsense_of_the_ledger_changes_nothing(said: object) -> None:
    budgets = spending()
    budgets.settle(KEY, "a", ONE, NOON, NOON)
    with pytest.raises(ValueError, match="spent"):
        budgets.hear(budgets.question(NOON, 0), {KEY: said})
    assert budgets.account(KEY, NOON).spent == ONE
