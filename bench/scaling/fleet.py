"""A thousand instances at zero: what their sleep costs, and how fast a hundred of them wake at once."""

import asyncio
import time
from typing import NamedTuple

from bench.scaling.cold import HTTP_OK, build_reference, say
from bench.scaling.place import Answer, Place, build_instance
from bench.scaling.processes import measure_use
from bench.scaling.timeline import Start
from tests.support.eventually import eventually

SETTLE_SECONDS, IDLE_SECONDS = 20.0, 60.0
PATIENCE, PER_SCALED_OBJECT = 120.0, 1.5
"""Seconds until KEDA has taken all ScaledObjects up: in any case, and for each."""
WITHIN = 300.0


class Fleet(NamedTuple):
    """What was measured."""

    taken_up_s: float
    """From the first create until KEDA listens for each instance."""
    idle_cpu_percent: dict[str, float]
    """Of one core, by process."""
    woken_s: float
    """From the first of the requests until the last asked instance has a replica to start."""
    answered_s: float
    """Until the last of them has its answer."""
    reference_s: float
    """From the first `kubectl scale` of as many Deployments with the same pods until the last pod is ready."""
    failed: int
    """Requests without a good answer."""


async def measure_fleet(place: Place, model: str, count: int, woken: int) -> Fleet:
    """So many instances, of which some wake."""
    names = [f"sleeper-{number}" for number in range(count)]
    begun = time.monotonic()
    await place.create(build_instance(name, model, rollout={"drainSeconds": 1}) for name in names)
    say(f"created {count} instances: {time.monotonic() - begun:.1f} s")
    await place.wait_asleep(count, PATIENCE + PER_SCALED_OBJECT * count)
    taken_up = time.monotonic() - begun
    say(f"KEDA has taken them up: {taken_up:.1f} s")
    await asyncio.sleep(SETTLE_SECONDS)
    _, idle = await measure_use(place.target, asyncio.sleep(IDLE_SECONDS))
    say(f"idle, percent of a core: {idle.percent()}")
    reference = await measure_reference(place, place.deployment(names[0]), woken)
    (answers, scaled), use = await measure_use(place.target, wake(place, names[:: count // woken][:woken], model))
    begun = min(answer.asked for answer in answers)
    answered = max(answer.answered for answer in answers) - begun
    say(f"{woken} woken: the last answer after {answered:.1f} s; seconds of CPU: {use.cpu}")
    return Fleet(taken_up, idle.percent(), max(scaled) - begun, answered, reference, count_failed(answers))


async def wake(place: Place, names: list[str], model: str) -> tuple[list[Answer], list[float]]:
    """The answers, and when each had a replica to start."""
    return await asyncio.gather(
        asyncio.gather(*(place.ask(name, model) for name in names)),
        asyncio.gather(*(place.timeline.wait_scaled(place.deployment(name), 1, WITHIN) for name in names)),
    )


async def measure_reference(place: Place, like: str, count: int) -> float:
    """What the machine takes to start so many pods at once."""
    deployment = await place.client.get("Deployment", place.namespace, like)
    names = [f"reference{number}" for number in range(count)]
    await place.create(build_reference(deployment, name) for name in names)
    await asyncio.sleep(SETTLE_SECONDS)
    begun = time.monotonic()
    starts, use = await measure_use(place.target, scale_all(place, names))
    took = max(start.ready for start in starts) - begun
    say(f"kubectl scale of {count}: the last is ready after {took:.1f} s; seconds of CPU: {use.cpu}")
    await asyncio.gather(*(place.client.delete("Deployment", place.namespace, name) for name in names))
    await eventually(lambda: place.timeline.count_pods() == 0, within=WITHIN, interval=1)
    return took


async def scale_all(place: Place, names: list[str]) -> list[Start]:
    """How their pods came."""
    scaled = await asyncio.gather(*(place.scale(name, 1) for name in names))
    return await asyncio.gather(*(place.timeline.wait_ready(name, min(scaled), WITHIN) for name in names))


def count_failed(answers: list[Answer]) -> int:
    """Shows them, too."""
    failed = [answer for answer in answers if answer.status != HTTP_OK]
    for answer in failed[:3]:
        say(f"failed: {answer.status} after {answer.answered - answer.asked:.1f} s: {answer.text[:200]}")
    return len(failed)
