"""What keys have spent: asked of the ledger each second, and told in the statuses of ApiKeys. The operator makes
conditions and events of it.

A status is written when something happened that its user should know at once, else once a minute while money is spent.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from inferops.cluster.client import Client
from inferops.control import metrics
from inferops.control.allowances import Allowances
from inferops.control.budgets import Budgets
from inferops.errors import ClusterError, LedgerRefused, LedgerUnavailable, NotFound
from inferops.metering.ledger_client import LedgerClient
from inferops.names import API_VERSION, Manifest
from inferops.plan.conditions import timestamp

logger = logging.getLogger(__name__)

ASK_SECONDS = 1.0
LOOK_SECONDS = 1.0
IDLE_LOOK_SECONDS = 10.0
"""Between looks at a key of which nothing is new: there may be ten thousand."""
WRITE_SECONDS = 60.0
"""Between two writes of one status, where there is no hurry."""
REFUSED_SECONDS = 600.0
"""Refusals of tokens within them are told once."""
MANAGER = "inferops-control-spending"
FIELDS = ("spent", "spentSince", "unpriced", "tokensRefused")
"""Of the status."""
CENT, STEP = Decimal("0.01"), Decimal("1E-9")
"""Amounts of budgets have no finer steps."""
LEVELS = (Decimal("0.8"), Decimal(1))
Unpriced = Callable[[tuple[str, str]], list[str]]
"""Models without a price that an ApiKey may call, by its namespace and name."""


class Told(NamedTuple):
    """What a status says, when that was written, and how urgent it was."""

    status: Manifest
    at: float = float("-inf")
    urgent: tuple[object, ...] = ()


async def follow_ledger(ledger: LedgerClient, budgets: Budgets) -> None:
    """For ever: know what was spent."""
    answers = True
    while True:
        asked = budgets.question(datetime.now(UTC), time.monotonic())
        if asked:
            try:
                budgets.hear(asked, await ledger.spent(asked))
            except (LedgerUnavailable, LedgerRefused, ValueError) as error:
                metrics.LEDGER_ANSWERS.labels("failed").inc()
                if answers:
                    logger.warning("the ledger does not say what was spent", extra={"error": str(error)})
                answers = False
            else:
                metrics.LEDGER_ANSWERS.labels("ok").inc()
                answers = True
        await asyncio.sleep(ASK_SECONDS)


class SpendingReport:
    """Writes the statuses. `told` is what they say at first, by client id."""

    def __init__(
        self, client: Client, allowances: Allowances, unpriced: Unpriced, told: Mapping[str, Manifest]
    ) -> None:
        self._client = client
        self._allowances = allowances
        self._unpriced = unpriced
        self._told = {key: Told(status) for key, status in told.items()}
        for key, status in told.items():
            if "spent" in status and "spentSince" in status:
                begin = datetime.fromisoformat(status["spentSince"])
                allowances.budgets.recall(key, begin, Decimal(status["spent"]))
        self._seen: dict[str, tuple[object, float]] = {}
        """What was to be told of a key, and when that was looked at."""
        self._shown: set[str] = set()

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.update(datetime.now(UTC), time.monotonic())
            await asyncio.sleep(LOOK_SECONDS)

    async def update(self, at: datetime, now: float) -> None:
        """Write what is due."""
        dear = {key for key in self._allowances.limits if self._allowances.is_dear(key)}
        wanted = {key: self._build(key, at) for key in dear if self._is_due(key, at, now)}
        self._show(at)
        for key in self._told.keys() - dear:
            wanted[key] = Told({})
            self._seen.pop(key, None)
        for key, (status, _, urgent) in wanted.items():
            told = self._told.get(key, Told({}))
            due = urgent != told.urgent or now - told.at >= WRITE_SECONDS
            if status == told.status:
                self._told[key] = Told(status, told.at, urgent)
            elif due and await self._write(key, status):
                self._told[key] = Told(status, now, urgent)
            if not status and not self._told.get(key, Told({})).status:
                self._told.pop(key, None)

    def _is_due(self, key: str, at: datetime, now: float) -> bool:
        """Whether something of it is new, or waits to be written, or was not looked at for long."""
        budgets = self._allowances.budgets
        account = budgets.account(key, at) if key in budgets.budgets else None
        known = (account.spent, account.known, account.begin, budgets.budgets[key]) if account else None
        state = known, self._allowances.refused.get(key)
        before, looked = self._seen.get(key, (None, float("-inf")))
        if state == before and now - looked < IDLE_LOOK_SECONDS:
            return False
        self._seen[key] = state, now
        return True

    def _build(self, key: str, at: datetime) -> Told:
        status: Manifest = {}
        urgent: tuple[object, ...] = ()
        if refused := self._allowances.refused.get(key):
            since = datetime.fromtimestamp(refused // REFUSED_SECONDS * REFUSED_SECONDS, UTC)
            status["tokensRefused"] = timestamp(since)
            urgent = (since,)
        budgets = self._allowances.budgets
        if (budget := budgets.budgets.get(key)) is None:
            return Told(status, urgent=urgent)
        account = budgets.account(key, at)
        namespace, _, name = key.partition("/")
        unpriced = self._unpriced((namespace, name))
        told, begin = self._told.get(key, Told({})).status, timestamp(account.begin)
        known, spent = account.known, account.spent
        if not known and told.get("spentSince") == begin:  # a control that starts forgets nothing of what was told
            known, spent = True, max(spent, Decimal(told["spent"]))
        if known or spent:
            status |= {"spent": write_money(spent), "spentSince": begin}
        if unpriced:
            status["unpriced"] = unpriced
        level = sum(account.spent >= Decimal(budget.amount) * each for each in LEVELS)
        return Told(status, urgent=(*urgent, level, account.begin, account.known, tuple(unpriced)))

    def _show(self, at: datetime) -> None:
        """The gauge: only keys with a budget have a series."""
        budgets = self._allowances.budgets
        for key in self._shown - budgets.budgets.keys():
            metrics.BUDGET_RATIO.remove(key)
        self._shown = set(budgets.budgets)
        for key, budget in budgets.budgets.items():
            amount = Decimal(budget.amount)
            ratio = budgets.account(key, at).spent / amount if amount else Decimal(1)
            metrics.BUDGET_RATIO.labels(key).set(float(ratio))

    async def _write(self, key: str, status: Manifest) -> bool:
        """Whether nothing is left to do."""
        namespace, _, name = key.partition("/")
        manifest: Manifest = {"apiVersion": API_VERSION, "kind": "ApiKey"}
        manifest |= {"metadata": {"namespace": namespace, "name": name}, "status": status}
        try:
            await self._client.apply(manifest, manager=MANAGER, subresource="status")
        except NotFound:
            return True
        except ClusterError as error:
            logger.warning("status not written", extra={"key": key, "error": str(error)})
            return False
        return True


def write_money(amount: Decimal) -> str:
    """At least cents; never more than it is."""
    text = amount.quantize(STEP, ROUND_FLOOR).normalize()
    return f"{text if text != text.quantize(CENT, ROUND_FLOOR) else text.quantize(CENT):f}"


def read_told(api_keys: list[Manifest]) -> dict[str, Manifest]:
    """What the statuses of ApiKeys say, by client id."""
    found = {}
    for obj in api_keys:
        status = {field: obj["status"][field] for field in FIELDS if field in (obj.get("status") or {})}
        if status:
            found[f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"] = status
    return found
