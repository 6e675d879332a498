"""What each piece of the gateway costs: the gateway without it, beside the whole and beside bare Envoy."""

import statistics
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from bench.gateway.contestants import BARE, FULL, Manager, run_bare, run_full
from bench.gateway.speed import measure_speed
from bench.gateway.wire import Ask, run_upstream
from tests.support.eventually import eventually

ASKS = {"plain": Ask(), "stream": Ask(stream=True)}


def without_filter(name: str) -> Callable[[Manager], None]:
    """The chain without one of static/filters.yaml."""

    def leave_out(manager: Manager) -> None:
        manager["http_filters"] = [each for each in manager["http_filters"] if each["name"] != name]

    return leave_out


def without(*fields: str) -> Callable[[Manager], None]:
    """The connection manager without some of its fields."""

    def leave_out(manager: Manager) -> None:
        for field in fields:
            manager.pop(field)

    return leave_out


PIECES: dict[str, Callable[[Manager], None]] = {
    "hold": without_filter("hold"),
    "prefix": without_filter("prefix"),
    "engine": without_filter("engine"),
    "log": without("access_log"),
    "paths": without("normalize_path", "merge_slashes", "path_with_escaped_slashes_action"),
    "replies": without("local_reply_config"),
}


async def measure_pieces(folder: Path, rounds: int, seconds: float, say: Callable[[str], None]) -> dict[str, float]:
    """Microseconds of Envoy's CPU for each request that go with each piece, from the quietest third of the rounds;
    `all`: the whole over bare Envoy.
    """
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(run_upstream())
        contestants = {
            BARE: await stack.enter_async_context(run_bare(folder / BARE, upstream)),
            FULL: await stack.enter_async_context(run_full(folder / FULL, upstream)),
        }
        for name, change in PIECES.items():
            run = run_full(folder / name, upstream, change)
            contestants[name] = await stack.enter_async_context(run)
        for contestant in contestants.values():
            await eventually(contestant.answers, within=30)
        asks = {name: ask._replace(seconds=seconds) for name, ask in ASKS.items()}
        samples = await measure_speed(contestants, asks, rounds, say)
    cost = {
        (ask, name): statistics.mean(sorted(sample.cpu_us for sample in samples[ask, name])[: max(1, rounds // 3)])
        for ask in ASKS
        for name in contestants
    }
    return {
        f"{ask}_{'all' if name == BARE else name}_us": round(cost[ask, FULL] - cost[ask, name], 1)
        for ask in ASKS
        for name in contestants
        if name != FULL
    }
