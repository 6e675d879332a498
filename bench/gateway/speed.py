"""Requests per second and added latency: contestants in turn, round by round, so that all meet the same machine."""

import statistics
from collections.abc import Callable, Mapping
from typing import NamedTuple

from bench.gateway.contestants import BARE, DIRECT, FULL, LITELLM, Contestant
from bench.gateway.wire import Ask, Load, run_load

ASKS = {"plain": Ask(), "stream": Ask(stream=True), "one": Ask(connections=1)}


class Sample(NamedTuple):
    """One contestant in one round."""

    load: Load
    cpu_us: float
    """Microseconds of its CPU for each request."""


Samples = dict[tuple[str, str], list[Sample]]
"""By name of the ask and of the contestant."""


async def measure_speed(
    contestants: Mapping[str, Contestant], asks: Mapping[str, Ask], rounds: int, say: Callable[[str], None]
) -> Samples:
    """Each ask to each contestant, `rounds` times."""
    samples: Samples = {}
    for _ in range(rounds):
        for ask_name, ask in asks.items():
            for name, contestant in contestants.items():
                used = contestant.read_cpu()
                load = await run_load(contestant.port, contestant.headers, ask)
                sample = Sample(load, (contestant.read_cpu() - used) / load.requests * 1e6)
                samples.setdefault((ask_name, name), []).append(sample)
                say(
                    f"{ask_name:6} {name:24} {load.rps:8.0f}/s  p50 {load.p50_ms:7.3f}  p99 {load.p99_ms:8.3f} ms"
                    f"  CPU {sample.cpu_us:7.1f} us"
                )
    return samples


def build_result(samples: Samples) -> dict[str, float]:
    """The numbers by name: medians of the rounds, ratios within each round."""

    def median(ask: str, name: str, field: Callable[[Sample], float]) -> float:
        return statistics.median(map(field, samples[ask, name]))

    def ratio(ask: str, other: str) -> float:
        rounds = zip(samples[ask, FULL], samples[ask, other], strict=True)
        return statistics.median(ours.load.rps / theirs.load.rps for ours, theirs in rounds)

    def added(field: Callable[[Sample], float]) -> float:
        rounds = zip(samples["one", FULL], samples["one", DIRECT], strict=True)
        return statistics.median(field(ours) - field(theirs) for ours, theirs in rounds)

    return {
        "rps": round(median("plain", FULL, lambda sample: sample.load.rps)),
        "ratio_vs_bare_envoy": round(ratio("plain", BARE), 3),
        "ratio_vs_direct": round(ratio("plain", DIRECT), 3),
        "ratio_vs_litellm": round(ratio("plain", LITELLM), 1),
        "sse_rps": round(median("stream", FULL, lambda sample: sample.load.rps)),
        "sse_ratio_vs_bare_envoy": round(ratio("stream", BARE), 3),
        "sse_ratio_vs_litellm": round(ratio("stream", LITELLM), 1),
        "added_p50_ms": round(added(lambda sample: sample.load.p50_ms), 3),
        "added_p99_ms": round(added(lambda sample: sample.load.p99_ms), 3),
        **{
            f"cpu_us_{ask}_{name}": round(median(ask, name, lambda sample: sample.cpu_us), 1)
            for ask in ("plain", "stream")
            for name in (BARE, FULL, LITELLM)
        },
    }
