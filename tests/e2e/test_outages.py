"""Parts of the system that are away under load: nothing is scaled down or lost, and who sleeps sleeps on."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.e2e.scaling import LIFETIME, OUTAGE, Replicas, Trickle, away, build_scale, scalable
from tests.e2e.test_traffic import WarmTraffic, stream
from tests.e2e.world import World, eventually, instance

BUSY = build_scale(most=3, rate=5)
"""Three replicas for more than one request a second."""
pytestmark = [pytest.mark.destructive, pytest.mark.usefixtures("local")]


class Load:
    """Five instances: one that grew, one that is asked now and then, one that streams, one that has fallen asleep and
    one that is about to.
    """

    def __init__(self, world: World, stack: ExitStack) -> None:
        scales = {"busy": BUSY, "trickle": build_scale(), "streaming": build_scale(), "asleep": build_scale()}
        scales["drowsy"] = build_scale()
        rollout = {"drainSeconds": 1}
        world.apply(*(instance(n, scale=s, podLifetime=LIFETIME, rollout=rollout) for n, s in scales.items()))
        self.key = world.key("e2e")
        self.status = {name: world.wait_phase(name, "PENDING") for name in scales}
        for name in scales:
            scalable(world, name)
        self.replicas = stack.enter_context(Replicas(world))
        self._pool = stack.enter_context(ThreadPoolExecutor(2))
        self.traffic: dict[str, WarmTraffic] = {"busy": WarmTraffic(self.status["busy"], self.key)}
        self.traffic["trickle"] = Trickle(self.status["trickle"], self.key, LIFETIME * 0.7)
        for each in self.traffic.values():
            stack.enter_context(each)

    def ask(self, world: World, name: str, tokens: int, delay: str) -> "Future[list[float]]":
        """A stream, from a client that is patient."""
        return self._pool.submit(stream, world, self.status[name], self.key, tokens, delay)

    def failures(self) -> dict[str, list[str]]:
        return {name: each.seen for name, each in self.traffic.items() if each.seen}


@pytest.mark.parametrize("part", ["operator", "keda", "control"])
def test_nothing_is_scaled_down_or_lost_while_a_part_is_away(world: World, part: str) -> None:
    with ExitStack() as stack:
        load = Load(world, stack)
        replicas = load.replicas
        streamed = load.ask(world, "streaming", (OUTAGE + 30) * 2, "500ms")
        assert world.chat(load.status["drowsy"], load.key)
        eventually(lambda: replicas.now("busy") == 3, within=120)
        eventually(lambda: replicas.now("streaming") == replicas.now("trickle") == 1, within=30)
        began = time.monotonic()
        with away(world, part):
            woken = ask_sleeper(world, load, part)
            while time.monotonic() - began < OUTAGE:
                time.sleep(1)
        assert len(streamed.result()) == (OUTAGE + 30) * 2
        for name in ("busy", "trickle"):
            assert replicas.of(name, began) == [max(replicas.of(name))], replicas.moments
        assert replicas.of("streaming", began)[0] == 1
        assert len(woken.result()) == 4
        eventually(lambda: replicas.now("drowsy") == 0, within=LIFETIME + 30)
        assert replicas.of("asleep", began)[0] == 0
        assert load.failures() == {}
        assert load.traffic["busy"].answered > OUTAGE


def ask_sleeper(world: World, load: Load, part: str) -> "Future[list[float]]":
    """Somebody wakes an instance in the middle of the outage: without KEDA control does, without control nobody before
    it is back.
    """
    asked = load.ask(world, "asleep", tokens=4, delay="1ms")
    if part != "control":
        assert asked.result(timeout=60)
    return asked


def test_nothing_is_scaled_down_while_the_gateway_is_away(world: World) -> None:
    with ExitStack() as stack:
        load = Load(world, stack)
        replicas = load.replicas
        eventually(lambda: replicas.now("busy") == 3 and replicas.now("trickle") == 1, within=120)
        began = time.monotonic()
        with away(world, "gateway"):
            while time.monotonic() - began < OUTAGE:
                time.sleep(1)
        back = time.monotonic()
        eventually(lambda: load.traffic["trickle"].answered > 1, within=LIFETIME + 30)
        time.sleep(LIFETIME)
        for name in ("busy", "trickle"):
            assert replicas.of(name, began) == [max(replicas.of(name))], replicas.moments
        assert replicas.of("asleep") == [0]
        for each in load.traffic.values():
            each.seen.clear()
        answered = load.traffic["busy"].answered
        time.sleep(3)
        assert load.failures() == {}, f"{time.monotonic() - back:.0f} s after its return"
        assert load.traffic["busy"].answered > answered
