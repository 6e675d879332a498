"""Whether a key may make another request: its requests and tokens in a minute, and its money, in one answer. PURE: the
caller says what time it is.

Of keys whose tokens or money are limited each request is asked about: it reserves what it is expected to use, and what
it used takes the place of that when it ends. What nobody settles (its gateway is gone) leaves the minute by itself, and
ceases to hold money once the ledger has its record, at the latest after an hour.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from inferops.control.budgets import NOTHING, Budgets, end_of
from inferops.control.minutes import Grant, MinuteLimits
from inferops.control.tokens import Estimate, Habits
from inferops.gateway.keys import Limited
from inferops.metering.prices import Price, cost_of_use
from inferops.specs.apikey import Budget

LONGEST_REQUEST = 3700.0
"""Seconds: audio may take an hour."""
REMEMBERED = 120.0
"""Seconds for which a settlement that comes twice is known."""
PriceOf = Callable[[str], Price | None]
"""The price of an instance's model now, by the instance's id; None: it has none."""
Why = Literal["requests", "tokens", "budget", "quota"]


class Question(NamedTuple):
    """A gateway's; `owed`, `used` and `ago` are explained in limits.py."""

    client: str
    wanted: int
    owed: int = 0
    used: int = 0
    ago: float = 0.0
    """Seconds."""
    request: str = "-"
    instance: str = "-"
    size: int = 0
    """Bytes of the body."""
    most: int = 0
    """Tokens that the answer may have; 0: it does not say."""
    tokens_used: int = 0


class Answer(NamedTuple):
    """To a gateway."""

    requests: Grant
    tokens: Grant | None = None
    """None: requests alone are limited, or nothing is."""
    why: Why = "requests"
    """Why it is refused, where it is."""
    retry: float = 0.0
    """Seconds until it is worth coming again."""
    sentence: str = ""
    """For the client, where money is the reason."""


class Settlement(NamedTuple):
    """What a request used; amounts are None where nobody knows."""

    client: str
    request: str
    instance: str
    answered: bool
    """With success: it used something, known or not."""
    prompt: int | None = None
    completion: int | None = None
    audio_ms: int | None = None


class Reservation(NamedTuple):
    """Of a request that runs."""

    client: str
    tokens: int
    cost: Decimal
    at: float
    """Seconds of the monotonic clock."""
    began: datetime


class Allowances:
    """Of all keys. `started`: this one counts since then."""

    def __init__(self, started: float, price_of: PriceOf) -> None:
        self.limits: Mapping[str, Limited] = {}
        self.requests, self.tokens, self.budgets = MinuteLimits(started), MinuteLimits(started), Budgets()
        self.refused: dict[str, float] = {}
        """By client id: when a request was last refused for its tokens, Unix time."""
        self._price_of = price_of
        self._habits = Habits()
        self._running: OrderedDict[str, Reservation] = OrderedDict()
        self._settled: OrderedDict[str, float] = OrderedDict()

    def start(self, now: float) -> None:
        """It counts since now."""
        self.requests.started = self.tokens.started = now

    def set_limits(self, limits: Mapping[str, Limited]) -> None:
        """Of those that have any, by client id."""
        self.limits = dict(limits)
        self.requests.set_limits({client: each.requests for client, each in limits.items() if each.requests})
        self.tokens.set_limits({client: each.tokens for client, each in limits.items() if each.tokens})
        self.budgets.set_budgets({client: each.budget for client, each in limits.items() if each.budget})
        self._habits.keep(limits)
        for client in self.refused.keys() - self.tokens.limits.keys():
            del self.refused[client]

    def is_dear(self, client: str) -> bool:
        """Whether its tokens or money are limited."""
        return client in self.tokens.limits or client in self.budgets.budgets

    def ask(self, question: Question, now: float, at: datetime) -> Answer:
        """What a gateway may let through."""
        client = question.client
        self.requests.recall(client, question.used, question.ago, now)
        self.requests.charge(client, question.owed, now)
        if not self.is_dear(client):
            grant = self.requests.take(client, question.wanted, now)
            return Answer(grant, retry=grant.retry)
        self.tokens.recall(client, question.tokens_used, question.ago, now)
        self._expire(now)
        estimate = self._habits.estimate(client, question.size, question.most)
        cost = self._cost(question.instance, estimate.prompt, estimate.completion, 0)
        if refused := self._judge(client, cost, now, at):
            return refused
        return self._take(question, estimate, cost, now, at)

    def _judge(self, client: str, cost: Decimal, now: float, at: datetime) -> Answer | None:
        """Why there is no money for it; None: there is."""
        judgement = self.budgets.judge(client, cost, at, now)
        if judgement == "granted":
            return None
        budget = self.budgets.budgets[client]
        nothing = self.requests.take(client, 0, now), self.tokens.take(client, 0, now)
        if judgement == "budget":
            return Answer(
                *nothing, "budget", 1.0, "What runs now may use up the budget of this API key. Try again in 1s."
            )
        end = end_of(budget.period, at)
        return Answer(*nothing, "quota", (end - at).total_seconds(), describe_quota(budget, end))

    def _take(self, question: Question, estimate: Estimate, cost: Decimal, now: float, at: datetime) -> Answer:
        client = question.client
        wanted = min(estimate.total, self.tokens.limits.get(client, 0))  # else it would never pass
        tokens = self.tokens.take(client, wanted, now, least=max(wanted, 1))
        if tokens.retry:
            self.refused[client] = at.timestamp()
            return Answer(self.requests.take(client, 0, now), tokens, "tokens", tokens.retry)
        requests = self.requests.take(client, 1, now)
        if not requests.granted:
            self.tokens.give_back(client, wanted, now, now)
            return Answer(requests, self.tokens.take(client, 0, now), "requests", requests.retry)
        self._running[question.request] = Reservation(client, wanted, cost, now, at)
        self.budgets.reserve(client, question.request, cost, now)
        return Answer(requests, tokens)

    def settle(self, settlement: Settlement, now: float, at: datetime) -> bool:
        """What it used takes the place of what it reserved; whether it had."""
        client, request = settlement.client, settlement.request
        self._expire(now)
        reservation = self._running.pop(request, None)
        self.budgets.release(client, request)
        if request in self._settled or not self.is_dear(client):
            return reservation is not None
        self._settled[request] = now
        prompt, completion = settlement.prompt or 0, settlement.completion or 0
        told = settlement.prompt is not None or settlement.completion is not None
        if told:
            self.tokens.charge(client, prompt + completion, now)
            self._habits.learn(client, completion)
        if reservation and (told or not settlement.answered):  # else nobody knows, and the estimate stays
            self.tokens.give_back(client, reservation.tokens, reservation.at, now)
        cost = self._cost(settlement.instance, prompt, completion, settlement.audio_ms or 0)
        self.budgets.settle(client, request, cost, reservation.began if reservation else at, at)
        return reservation is not None

    def _cost(self, instance: str, prompt: int, completion: int, audio_ms: int) -> Decimal:
        price = self._price_of(instance)
        return cost_of_use(price, prompt, completion, audio_ms) if price else NOTHING

    def _expire(self, now: float) -> None:
        while self._running and now - next(iter(self._running.values())).at > LONGEST_REQUEST:
            request, reservation = self._running.popitem(last=False)
            self.budgets.release(reservation.client, request)
        while self._settled and now - next(iter(self._settled.values())) > REMEMBERED:
            self._settled.popitem(last=False)


def describe_quota(budget: Budget, end: datetime) -> str:
    """For the client."""
    return (
        f"Insufficient credit: the budget of this API key, {budget.amount} in a {budget.period}, is spent."
        f" It begins anew at {end:%Y-%m-%dT%H:%M:%SZ}."
    )
