"""Waiting for what the operator makes of a change: `?wait=true`."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from inferops.cluster.store import Store, name_of
from inferops.names import Manifest
from inferops.plan.conditions import find_condition

LONGEST = 600
SLEEPS = "ScaledToZero"
Place = tuple[str, str, str]
"""Kind, namespace and name."""


class Bell:
    """Rings at every change of an object that somebody waits for."""

    def __init__(self) -> None:
        self._waiting: defaultdict[Place, set[asyncio.Event]] = defaultdict(set)

    def ring(self, obj: Manifest) -> None:
        """The object is another now, or gone."""
        for event in self._waiting.get((obj["kind"], *name_of(obj)), ()):
            event.set()

    async def wait(self, place: Place, is_over: Callable[[], bool], seconds: float) -> bool:
        """Until `is_over`, which is asked at every change; False where the seconds were too few."""
        event = asyncio.Event()
        self._waiting[place].add(event)
        try:
            async with asyncio.timeout(seconds):
                while not is_over():
                    await event.wait()
                    event.clear()
        except TimeoutError:
            return False
        finally:
            self._waiting[place].discard(event)
            if not self._waiting[place]:
                del self._waiting[place]
        return True


def is_settled(obj: Manifest) -> bool:
    """Whether the operator has seen the newest spec, and nothing goes on any more: it is as it should be, or stuck."""
    status, meta = obj.get("status") or {}, obj["metadata"]
    progressing = find_condition(obj, "Progressing")
    if status.get("observedGeneration") != meta.get("generation") or progressing is None:
        return False
    if progressing["reason"] == SLEEPS:  # also for a moment, while the first replicas have yet to be asked for
        return all(not each["scale"]["min"] for each in (obj.get("spec") or {}).get("regions") or ())
    return bool(progressing["status"] == "False")


@dataclass(frozen=True)
class Patience:
    """How long a caller waits; 0: not at all."""

    seconds: int

    async def settle(self, bell: Bell, store: Store, obj: Manifest) -> tuple[Manifest, bool]:
        """The instance as it is when nothing goes on any more, or the time is over; and whether it settled. Where it is
        deleted meanwhile, its last state.
        """
        place = name_of(obj)
        if not self.seconds:
            return obj, True

        def is_over() -> bool:
            live = store.get(*place)
            return live is None or live["metadata"]["uid"] != obj["metadata"]["uid"] or is_settled(live)

        settled = await bell.wait((obj["kind"], *place), is_over, self.seconds)
        return store.get(*place) or obj, settled


async def read_patience(
    wait: Annotated[bool, Query(description="Answer when nothing goes on any more, or after timeout.")] = False,
    timeout: Annotated[int, Query(ge=1, le=LONGEST, description="Seconds to wait.")] = 300,  # noqa: ASYNC109 - a field
) -> Patience:
    """What the request says of it."""
    return Patience(timeout if wait else 0)


Patient = Annotated[Patience, Depends(read_patience)]
