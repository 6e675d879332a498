"""What gateways refuse of an instance's configuration, and how its user hears of it: `status.gatewayRefusal`. The
operator makes condition Routable of it.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from inferops.cluster.client import Client
from inferops.control.reports import REFUSAL, Instances, bring

LONGEST = 500
"""Characters of Envoy's words: a condition is read by people."""
SETTLE_SECONDS = 10.0
"""After the start: gateways connect, and refuse again what they refused before."""
GATHER_SECONDS = 0.5
"""What is refused in company is sent again alone: only that tells whom it concerns."""
RETRY_SECONDS = 10.0


class Refusals:
    """By instance: which gateway refuses which kind of resource, in its words."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._known: dict[str, dict[tuple[str, str], str]] = {}

    def add(self, resource: str, gateway: str, kind: str, words: str) -> None:
        """A gateway refuses the present version of a resource that came alone."""
        self._known.setdefault(owner_of(resource), {})[gateway, kind] = words
        self.changed.set()

    def clear(self, resources: Iterable[str], gateway: str, kind: str) -> None:
        """It took these."""
        if self._known:
            for owner in self._known.keys() & set(map(owner_of, resources)):
                self._forget(owner, lambda which: which == (gateway, kind))

    def forget(self, gateway: str) -> None:
        """It is gone, or will connect again."""
        for owner in list(self._known):
            self._forget(owner, lambda which: which[0] == gateway)

    def messages(self) -> dict[str, str]:
        """By instance: what is refused, in one sentence."""
        return {owner: describe(refused) for owner, refused in self._known.items()}

    def _forget(self, owner: str, fits: Callable[[tuple[str, str]], bool]) -> None:
        kept = {which: words for which, words in self._known[owner].items() if not fits(which)}
        if len(kept) < len(self._known[owner]):
            self.changed.set()
        if kept:
            self._known[owner] = kept
        else:
            del self._known[owner]


def owner_of(resource: str) -> str:
    """The instance whose resource it is: they have its id, after the name of the table where they are part of one."""
    return resource.rpartition("/")[2]


def describe(refused: Mapping[tuple[str, str], str]) -> str:
    """The first of what is refused, always the same one."""
    (gateway, kind), words = min(refused.items())
    flat = " ".join(words.split())
    return f"{kind}: {flat[:LONGEST]}" + (f" ({gateway})" if gateway else "")


async def report_refusals(client: Client, refusals: Refusals, instances: Instances, told: dict[str, str]) -> None:
    """For ever: keep the statuses so. `told` is what they say at first, by instance."""
    await asyncio.sleep(SETTLE_SECONDS)
    while True:
        refusals.changed.clear()
        told, complete = await bring(client, REFUSAL, refusals.messages(), instances(), told)
        try:
            async with asyncio.timeout(None if complete else RETRY_SECONDS):
                await refusals.changed.wait()
            await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            continue
