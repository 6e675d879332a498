"""How much the gateway costs, and how it holds ten thousand instances: `make bench-gateway`.

Prints what it does to stderr and, last, a JSON line to stdout; docs/benchmarks.md says what each number means.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from bench.gateway.contestants import run_contestants
from bench.gateway.instructions import measure_instructions
from bench.gateway.pieces import measure_pieces
from bench.gateway.scale import measure_scale
from bench.gateway.speed import ASKS, build_result, measure_speed
from bench.gateway.streams import measure_streams

WHAT = ("all", "speed", "pieces", "instructions", "streams", "scale")


def main() -> None:
    """What the command line asks for, one after the other."""
    arguments = read_arguments()
    result: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        if arguments.what in {"all", "speed"}:
            result |= asyncio.run(run_speed(folder, arguments.rounds, arguments.seconds))
        if arguments.what in {"all", "scale"}:
            fleet = folder / "scale"
            fleet.mkdir()
            result |= asyncio.run(measure_scale(fleet, arguments.instances, arguments.changes, say))
        if arguments.what == "pieces":
            result |= asyncio.run(measure_pieces(folder, arguments.rounds, arguments.seconds, say))
        if arguments.what == "instructions":
            result |= asyncio.run(measure_instructions(folder, say))
        if arguments.what in {"all", "streams"}:
            result |= asyncio.run(measure_streams(folder, arguments.streams_seconds, say))
    print(json.dumps(result))


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.gateway")
    parser.add_argument("what", nargs="?", choices=WHAT, default="all")
    parser.add_argument("--rounds", type=int, default=5, help="in which every contestant has its turn")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each turn")
    parser.add_argument("--streams-seconds", type=float, default=300.0, help="of the two thousand streams")
    parser.add_argument("--instances", type=int, default=10_000, help="of the scale; the names in the result stay")
    parser.add_argument("--changes", type=int, default=20, help="of each sort among them")
    return parser.parse_args()


async def run_speed(folder: Path, rounds: int, seconds: float) -> dict[str, float]:
    """All contestants."""
    asks = {name: ask._replace(seconds=seconds) for name, ask in ASKS.items()}
    async with run_contestants(folder) as contestants:
        return build_result(await measure_speed(contestants, asks, rounds, say))


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
