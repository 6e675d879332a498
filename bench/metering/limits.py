"""What a limit of tokens or money costs a request: keys side by side before one engine, round by round.

`rls_added_p50_ms`: of a key with tokensPerMinute and a budget, over one connection, against a key without limits.
`other_added_p50_ms`: of a key without limits whose instance also has such keys.
"""

import statistics
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench.gateway.contestants import build_gateway
from bench.gateway.wire import Ask, Load, run_load, run_upstream
from tests.gateway.gateway import Gateway, host_of
from tests.gateway.objects import ALICE, BOB, EVE, api_key, endpoint_slice, instance, key_hash, model
from tests.support.eventually import eventually

ROUNDS = 7
ONE, MANY = Ask(connections=1, seconds=1.0), Ask(connections=32, seconds=2.0)
PRICES = {"inputPerMillionTokens": "0.01", "outputPerMillionTokens": "0.01"}
NEVER_REACHED = {"tokensPerMinute": 1_000_000_000}
FREE, BESIDE, DEAR = "free", "beside", "dear"
KEYS = {FREE: ("plain", EVE), BESIDE: ("warm", BOB), DEAR: ("warm", ALICE)}
"""By contestant: the instance that is asked, and whose key."""


async def measure_limits(folder: Path, say: Callable[[str], None]) -> Mapping[str, float]:
    """The numbers by name."""
    gateway = build_gateway(folder / "gateway")
    async with run_upstream() as upstream:
        fill(gateway, upstream)
        async with gateway.control(), gateway.envoy():
            for name in KEYS:
                await eventually(partial(answers, gateway, name), within=60)
            one = {name: list[Load]() for name in KEYS}
            many = {name: list[Load]() for name in KEYS}
            for _ in range(ROUNDS):
                for name in KEYS:
                    one[name].append(await ask(gateway, name, ONE))
                    many[name].append(await ask(gateway, name, MANY))
                    last = one[name][-1], many[name][-1]
                    say(f"{name:8} one p50 {last[0].p50_ms:6.3f} ms, 32 at once {last[1].rps:7.0f}/s")
    return build_result(one, many)


def fill(gateway: Gateway, upstream: int) -> None:
    """Two instances of one engine, three keys."""
    gateway.put(
        model("tiny", prices=PRICES),
        api_key("alice", limits=NEVER_REACHED, budget={"amount": "999999999", "period": "month"}),
        *(api_key(name) for name in ("bob", "eve")),
        *(key_hash(name, key) for name, key in (("alice", ALICE), ("bob", BOB), ("eve", EVE))),
        instance("warm", apiKeys=["alice", "bob"]),
        instance("plain", apiKeys=["eve"]),
        *(endpoint_slice(name, ("127.0.0.1", upstream, True)) for name in ("warm", "plain")),
    )


async def answers(gateway: Gateway, name: str) -> bool:
    """Whether it is served."""
    try:
        await ask(gateway, name, Ask(connections=1, seconds=0.2))
    except RuntimeError:
        return False
    return True


async def ask(gateway: Gateway, name: str, how: Ask) -> Load:
    """One round."""
    served, key = KEYS[name]
    return await run_load(gateway.port, {"host": host_of(served), "authorization": f"Bearer {key}"}, how)


def build_result(one: Mapping[str, list[Load]], many: Mapping[str, list[Load]]) -> dict[str, float]:
    """Medians of the rounds; what is added, within each round."""

    def added(name: str) -> float:
        pairs = zip(one[name], one[FREE], strict=True)
        return statistics.median(ours.p50_ms - theirs.p50_ms for ours, theirs in pairs)

    rates = {name: statistics.median(load.rps for load in loads) for name, loads in many.items()}
    return {
        "rls_added_p50_ms": added(DEAR),
        "other_added_p50_ms": added(BESIDE),
        "rls_rps": rates[DEAR],
        "free_rps": rates[FREE],
    }
