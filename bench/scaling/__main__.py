"""How fast instances wake, how exactly they fall asleep, and what a thousand sleepers cost: `make bench-scaling`.

Prints what it does to stderr and, last, a JSON line to stdout; docs/benchmarks.md says what each number means.
"""

import argparse
import asyncio
import json
import sys
import traceback
from statistics import median, quantiles

from bench.scaling.cold import HTTP_OK, Round, measure_cold
from bench.scaling.fleet import measure_fleet
from bench.scaling.lifetime import measure_lifetime
from bench.scaling.place import build_instance, open_place
from bench.scaling.vllm import MODEL, build_vllm, install_vllm

ENGINE = "e2e-engine"
PARTS = ("cold", "lifetime", "vllm", "fleet")
LIFETIME = 10
"""Seconds of podLifetime where instances are to sleep again soon."""
SHORT = {"podLifetime": LIFETIME, "rollout": {"drainSeconds": 1}}
ENGINE_SECONDS, VLLM_SECONDS = 60, 600


def main() -> None:
    """What the command line asks for, one after the other; where one fails, the others count."""
    arguments = read_arguments()
    result: dict[str, float] = {}
    failed = False
    for part in PARTS if arguments.what == "all" else [arguments.what]:
        print(part, file=sys.stderr, flush=True)
        try:
            result |= asyncio.run(RUNS[part](arguments))
        except Exception:  # noqa: BLE001 - whatever it is, it is shown and ends this part alone
            traceback.print_exc()
            failed = True
    print(json.dumps({name: round(value, 3) for name, value in result.items()}))
    sys.exit(failed)


def read_arguments() -> argparse.Namespace:
    """The command line; with smaller numbers the names in the result stay the same."""
    parser = argparse.ArgumentParser(prog="bench.scaling")
    parser.add_argument("what", nargs="?", choices=("all", *PARTS), default="all")
    parser.add_argument("--rounds", type=int, default=20, help="wakes of the small engine")
    parser.add_argument("--vllm-rounds", type=int, default=2, help="wakes of vLLM")
    parser.add_argument("--cycles", type=int, default=4, help="of podLifetime, for each of five instances")
    parser.add_argument("--lifetime", type=int, default=LIFETIME, help="seconds of podLifetime that are measured")
    parser.add_argument("--instances", type=int, default=1000, help="that sleep")
    parser.add_argument("--woken", type=int, default=100, help="of them at once")
    return parser.parse_args()


async def run_cold(arguments: argparse.Namespace) -> dict[str, float]:
    """The small engine, from zero."""
    names = [f"cold-{number}" for number in range(5)]
    async with open_place() as place:
        await place.create(build_instance(name, ENGINE, **SHORT) for name in names)
        await place.wait_asleep(len(names))
        rounds = await measure_cold(place, names, ENGINE, arguments.rounds, ENGINE_SECONDS)
    overheads = [each.overhead for each in rounds]
    return {
        "overhead_p50_s": median(overheads),
        "overhead_p95_s": percentile95(overheads),
        **build_details("cold", rounds),
    }


async def run_vllm(arguments: argparse.Namespace) -> dict[str, float]:
    """Real vLLM, from zero. Its boots differ by seconds, so that two of them cannot be compared: what is taken off a
    request's time is what its own pod took, from the change of replicas until Ready.
    """
    async with open_place() as place:
        install_vllm(place)
        await place.create([build_vllm("vllm", **SHORT)])
        await place.wait_asleep(1)
        rounds = await measure_cold(place, ["vllm"], MODEL, arguments.vllm_rounds, VLLM_SECONDS)
    first = {"vllm_first_answer_s": median(each.first for each in rounds)}
    return {"vllm_overhead_s": median(each.own for each in rounds), **first, **build_details("vllm", rounds)}


async def run_lifetime(arguments: argparse.Namespace) -> dict[str, float]:
    """The podLifetime of five instances side by side."""
    names, spec = [f"brief-{number}" for number in range(5)], SHORT | {"podLifetime": arguments.lifetime}
    async with open_place() as place:
        await place.create(build_instance(name, ENGINE, **spec) for name in names)
        await place.wait_asleep(len(names))
        errors = await measure_lifetime(place, names, ENGINE, arguments.lifetime, arguments.cycles)
    return {
        "pod_lifetime_error_p95_s": percentile95([abs(error) for error in errors]),
        "pod_lifetime_error_p50_s": median(errors),
        "pod_lifetime_error_min_s": min(errors),
    }


async def run_fleet(arguments: argparse.Namespace) -> dict[str, float]:
    """A thousand at zero."""
    async with open_place() as place:
        fleet = await measure_fleet(place, ENGINE, arguments.instances, arguments.woken)
    cpu = {f"idle_cpu_percent_1000_{name}": value for name, value in fleet.idle_cpu_percent.items()}
    return {
        "woken_100_s": fleet.woken_s,
        "idle_cpu_percent_1000": fleet.idle_cpu_percent["control"],
        "answered_100_s": fleet.answered_s,
        "kubectl_scale_100_s": fleet.reference_s,
        "forgotten_100": fleet.failed,
        "taken_up_1000_s": fleet.taken_up_s,
        **cpu,
    }


RUNS = {"cold": run_cold, "lifetime": run_lifetime, "vllm": run_vllm, "fleet": run_fleet}


def build_details(name: str, rounds: list[Round]) -> dict[str, float]:
    """What the overhead is made of; medians."""
    return {
        f"{name}_answered_s": median(each.answered for each in rounds),
        f"{name}_kubectl_scale_s": median(each.kubectl_scale for each in rounds),
        f"{name}_own_s": median(each.own for each in rounds),
        f"{name}_failed": sum(each.answer.status != HTTP_OK for each in rounds),
    }


def percentile95(values: list[float]) -> float:
    """With few values the largest."""
    return quantiles(values, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
