"""Money that keys may spend in a day or month (UTC). PURE.

What a key has spent is the ledger's sum, and what was settled here and is not in it yet: each second the ledger is
asked which of these it has, and for the sum, at one moment. Before it first answers a key's status tells the sum.
Money that requests under way may cost is reserved, so that many at once do not spend a budget several times over. Of
those that take long the ledger is asked too: one whose gateway was killed ends there alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import chain, islice
from typing import Any, Literal

from inferops.specs.apikey import Budget

NOTHING = Decimal(0)
MOST_ASKED = 20_000
"""Ids in one question."""
MOST_PENDING = 100_000
"""Requests of one key that the ledger may lack; the oldest beyond are given up, which happens only while it is away."""
BUSY_SECONDS = 10.0
"""A key with a request within them is asked about each second, the others each minute."""
IDLE_SECONDS = 60.0
LONG_SECONDS = 60.0
"""After so much time of a request, and then as often, the ledger is asked whether it has ended."""
Judgement = Literal["granted", "budget", "quota"]
"""budget: with what is under way it may be spent; quota: it is spent."""


def begin_of(period: Literal["day", "month"], at: datetime) -> datetime:
    """Of the period that a moment lies in, UTC."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if period == "day" else day.replace(day=1)


def end_of(period: Literal["day", "month"], at: datetime) -> datetime:
    """When the next one begins."""
    begin = begin_of(period, at)
    return begin + timedelta(days=1) if period == "day" else (begin + timedelta(days=32)).replace(day=1)


@dataclass(slots=True)
class Account:
    """One key, within one period."""

    begin: datetime
    stored: Decimal = NOTHING
    """The ledger's sum."""
    known: bool = False
    """Whether the ledger has said it."""
    pending: dict[str, Decimal] = field(default_factory=dict)
    """By id: what requests cost that the ledger may lack."""
    unstored: Decimal = NOTHING
    """Their sum."""
    used: float = float("-inf")
    """When a request came last, seconds of the monotonic clock."""
    asked: float = float("-inf")
    """When the ledger was last asked."""
    whole: bool = True
    """Whether it was asked of all that it may lack: else its sum may have some of that, and nobody knows which."""

    @property
    def spent(self) -> Decimal:
        """All that is known."""
        return self.stored + self.unstored


@dataclass(slots=True)
class Reservation:
    """Of a request that runs."""

    cost: Decimal
    ask_at: float
    """When the ledger is asked of it, seconds of the monotonic clock."""


class Budgets:
    """Of all keys that have one, by client id. `now`: seconds of the monotonic clock, `at`: the time."""

    def __init__(self) -> None:
        self.budgets: Mapping[str, Budget] = {}
        self._accounts: dict[str, Account] = {}
        self._reserved: dict[str, Decimal] = {}
        self._running: dict[str, dict[str, Reservation]] = {}

    def set_budgets(self, budgets: Mapping[str, Budget]) -> None:
        """What was spent stays spent, whatever the amount is now."""
        for client, budget in self.budgets.items():
            if client not in budgets or budgets[client].period != budget.period:
                self._accounts.pop(client, None)
        self.budgets = budgets

    def account(self, client: str, at: datetime) -> Account:
        """Of the present period."""
        begin = begin_of(self.budgets[client].period, at)
        account = self._accounts.get(client)
        if account is None or account.begin != begin:
            account = self._accounts[client] = Account(begin)
        return account

    def recall(self, client: str, begin: datetime, spent: Decimal) -> None:
        """A control that was had heard that so much was spent since `begin`: it counts until the ledger answers."""
        account = self._accounts.setdefault(client, Account(begin))
        if account.begin == begin and not account.known:
            account.stored = max(spent - account.unstored, NOTHING)

    def judge(self, client: str, cost: Decimal, at: datetime, now: float) -> Judgement:
        """Whether a request may begin that is expected to cost so much. One alone always may, as long as there is
        something left.
        """
        if (budget := self.budgets.get(client)) is None:
            return "granted"
        account = self.account(client, at)
        account.used = now
        amount, reserved = Decimal(budget.amount), self._reserved.get(client, NOTHING)
        if account.spent >= amount:
            return "quota"
        return "budget" if reserved and account.spent + reserved + cost > amount else "granted"

    def reserve(self, client: str, request: str, cost: Decimal, now: float) -> None:
        """It begins."""
        if client in self.budgets:
            self.release(client, request)
            self._running.setdefault(client, {})[request] = Reservation(cost, now + LONG_SECONDS)
            self._reserved[client] = self._reserved.get(client, NOTHING) + cost

    def release(self, client: str, request: str) -> None:
        """It has ended. Nothing happens where it has already."""
        running = self._running.get(client, {})
        if reservation := running.pop(request, None):
            self._reserved[client] -= reservation.cost
            if not running:
                del self._running[client], self._reserved[client]

    def settle(self, client: str, request: str, cost: Decimal, began: datetime, at: datetime) -> None:
        """It has cost so much; it counts in the period in which it began, as in the ledger: nothing in a later one."""
        if not cost or client not in self.budgets or began < (account := self.account(client, at)).begin:
            return
        account.pending[request] = cost
        account.unstored += cost
        while len(account.pending) > MOST_PENDING:
            account.unstored -= account.pending.pop(next(iter(account.pending)))

    def question(self, at: datetime, now: float) -> dict[str, Any]:
        """What the ledger is asked now: `POST /v1/spent`."""
        return dict(self._questions(at, now))

    def _questions(self, at: datetime, now: float) -> Iterator[tuple[str, Any]]:
        left = MOST_ASKED
        for client in self.budgets:
            account = self.account(client, at)
            running = self._running.get(client, {})
            long = [request for request, reservation in running.items() if reservation.ask_at <= now]
            busy = account.pending or long or not account.known or now - account.used < BUSY_SECONDS
            if busy or now - account.asked >= IDLE_SECONDS:
                account.asked = now
                pending = list(islice(chain(long, account.pending), left))
                left -= len(pending)
                account.whole = len(pending) == len(long) + len(account.pending)
                for request in running.keys() & pending:
                    running[request].ask_at = now + LONG_SECONDS
                yield client, {"since": account.begin.isoformat(), "pending": pending}

    def hear(self, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """The ledger's sums, and which of the requests are in them. Raises ValueError where it is no such answer."""
        for client in asked.keys() & answer.keys() & self._accounts.keys():
            account, said = self._accounts[client], answer[client]
            if account.begin.isoformat() != asked[client]["since"]:
                continue  # a new period began meanwhile
            total = read_money(said)
            for request in said.get("stored") or ():
                self.release(client, request)
                cost = account.pending.pop(request, NOTHING)
                account.unstored, account.stored = account.unstored - cost, account.stored + cost
            if account.whole:
                account.stored, account.known = total, True


def read_money(said: Any) -> Decimal:
    """Raises ValueError."""
    try:
        return Decimal(said["spent"])
    except (KeyError, TypeError, InvalidOperation) as error:
        message = f"the ledger's answer must have a decimal `spent`, is {said!r:.80}"
        raise ValueError(message) from error
