"""Requests one after the other, and a mix of them at a fixed rate, whatever the answers take."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiohttp

MIX = ("list", "read", "read", "read", "filter", "price", "patch", "models", "read", "read")
"""Of ten requests: two lists (one of them filtered), five details, a price, a change and the models."""

WARM_UP = 10


class Times(NamedTuple):
    """Milliseconds."""

    p50: float
    p99: float


class Load(NamedTuple):
    """Of a time at a fixed rate; milliseconds from when a request was due."""

    per_second: float
    errors: int
    p50: float
    p99: float


async def measure_one_by_one(count: int, ask: Callable[[int], Awaitable[None]]) -> Times:
    """After ten that nobody counts; each has a number of its own."""
    seconds = []
    for number in range(count + WARM_UP):
        begun = time.perf_counter()
        await ask(number)
        seconds.append(time.perf_counter() - begun)
    return Times(percentile(seconds[WARM_UP:], 0.5), percentile(seconds[WARM_UP:], 0.99))


async def measure_load(http: aiohttp.ClientSession, rate: int, seconds: int) -> Load:
    """Each request is sent when it is due."""
    taken: list[float] = []
    errors = 0
    begun = time.perf_counter()

    async def one(number: int) -> None:
        nonlocal errors
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            await send(http, MIX[number % len(MIX)], number)
        except aiohttp.ClientError:
            errors += 1
        taken.append(time.perf_counter() - due)

    await asyncio.gather(*map(one, range(rate * seconds)))
    elapsed = time.perf_counter() - begun
    return Load(round(len(taken) / elapsed, 1), errors, percentile(taken, 0.5), percentile(taken, 0.99))


async def send(http: aiohttp.ClientSession, what: str, number: int) -> None:
    """One request of the mix."""
    root, name = "/ai-inference", f"chat-{number * 7 % 1000:05}"
    scaling = [{"regionId": 1, "scale": {"max": 4}}]
    requests: dict[str, tuple[str, str, object]] = {
        "list": ("GET", f"{root}/instances", None),
        "filter": ("GET", f"{root}/instances?status=ACTIVE&limit=50", None),
        "read": ("GET", f"{root}/instances/{name}", None),
        "models": ("GET", f"{root}/models", None),
        "price": ("POST", f"{root}/instances/pricing", {"hardwareId": "l40s", "autoScalingConfigurations": scaling}),
        "patch": ("PATCH", f"{root}/instances/{name}", {"description": f"change {number}"}),
    }
    method, path, body = requests[what]
    async with http.request(method, path, json=body) as answer:
        await answer.read()
        answer.raise_for_status()


def percentile(seconds: list[float], part: float) -> float:
    """In milliseconds."""
    return round(sorted(seconds)[min(int(len(seconds) * part), len(seconds) - 1)] * 1000, 1)
