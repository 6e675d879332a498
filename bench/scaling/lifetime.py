"""How exactly podLifetime is kept: from the end of the last request until the instance has no replica."""

import asyncio
import sys
from collections.abc import Iterable

from bench.scaling.place import Place

WITHIN = 120.0
STAGGER = 0.7
"""Seconds between the first requests, so that KEDA's polls come at all distances from the end of podLifetime."""

PAUSE = 3.0
"""Seconds between cycles: nobody asks the pod that ends, which would have been activity."""


async def measure_lifetime(place: Place, names: Iterable[str], model: str, lifetime: float, cycles: int) -> list[float]:
    """Seconds by which each sleep came late (or early: negative), of all instances side by side."""

    async def measure_later(delay: float, name: str) -> list[float]:
        await asyncio.sleep(delay)
        return await measure_cycles(place, name, model, lifetime, cycles)

    errors = await asyncio.gather(*(measure_later(STAGGER * number, name) for number, name in enumerate(names)))
    return [error for each in errors for error in each]


async def measure_cycles(place: Place, name: str, model: str, lifetime: float, cycles: int) -> list[float]:
    """Of one instance."""
    deployment, errors = place.deployment(name), []
    for _ in range(cycles):
        answer = await place.ask(name, model)
        await place.timeline.wait_scaled(deployment, 1, WITHIN)
        asleep = await place.timeline.wait_scaled(deployment, 0, lifetime + WITHIN)
        errors.append(asleep - answer.answered - lifetime)
        await asyncio.sleep(PAUSE)
        print(f"  {name}: answer {answer.status}, asleep {errors[-1]:+.2f} s", file=sys.stderr, flush=True)
    return errors
