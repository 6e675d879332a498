"""Two thousand streams at once: is one lost, does Envoy's memory stay flat, and how much later does each piece come?"""

import asyncio
import statistics
from collections.abc import Callable
from pathlib import Path

from bench.gateway.contestants import DIRECT, FULL, Contestant, run_contestants
from bench.gateway.wire import Ask, Load, run_load
from bench.operator.processes import read_memory

STREAMS = 2000
PAUSE_MS = 200
"""Between two pieces of a stream: ten thousand pieces per second in all."""
DIRECT_SHARE = 0.2
"""Of the time goes to the upstream by itself, for comparison."""
SAMPLE_SECONDS = 1.0


async def measure_streams(folder: Path, seconds: float, say: Callable[[str], None]) -> dict[str, float]:
    """Raises RuntimeError when a stream is lost."""
    ask = Ask(connections=STREAMS, stream=True, pause_ms=PAUSE_MS)
    async with run_contestants(folder, (DIRECT, FULL)) as contestants:
        direct, _ = await run_streams(contestants[DIRECT], ask._replace(seconds=seconds * DIRECT_SHARE))
        say(f"direct: {direct.requests} streams, p99 between pieces {direct.gap_p99_ms:.1f} ms")
        full, memory = await run_streams(contestants[FULL], ask._replace(seconds=seconds))
    growth = compare_quarters(memory)
    say(f"full: {full.requests} streams, p99 between pieces {full.gap_p99_ms:.1f} ms, memory {growth:+.1%}")
    return {
        "streams": STREAMS,
        "streams_answered": full.requests,
        "streams_gap_p99_ms": round(full.gap_p99_ms, 1),
        "streams_gap_p99_ratio": round(full.gap_p99_ms / direct.gap_p99_ms, 2),
        "streams_rss_mb": round(max(memory)),
        "streams_rss_growth": round(growth, 3),
    }


async def run_streams(contestant: Contestant, ask: Ask) -> tuple[Load, list[float]]:
    """All at once, each followed by the next; and the memory of the process, in MB, once a second."""
    running, memory = asyncio.create_task(run_load(contestant.port, contestant.headers, ask)), []
    while not running.done():
        memory.append(read_memory(contestant.pid)[0] if contestant.pid else 0.0)
        await asyncio.wait([running], timeout=SAMPLE_SECONDS)
    return await running, memory


def compare_quarters(memory: list[float]) -> float:
    """How much more the last quarter of the time had than the second: 0.1 is a tenth."""
    quarter = max(len(memory) // 4, 1)
    second, last = memory[quarter : 2 * quarter] or memory[-1:], memory[-quarter:]
    return statistics.median(last) / statistics.median(second) - 1
