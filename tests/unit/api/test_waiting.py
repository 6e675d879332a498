"""When a change is through."""

import asyncio

import pytest

from inferops.api.waiting import Bell, is_settled
from inferops.names import Manifest


def build(reason: str, status: str, *, least: int = 1, seen: int = 2) -> Manifest:
    progressing = {"type": "Progressing", "status": status, "reason": reason, "message": ""}
    return {
        "kind": "InferenceInstance",
        "metadata": {"namespace": "n", "name": "chat", "generation": 2},
        "spec": {"regions": [{"region": "a", "scale": {"min": least, "max": 2}}]},
        "status": {"observedGeneration": seen, "conditions": [progressing]},
    }


@pytest.mark.parametrize(
    ("obj", "settled"),
    [
        (build("Settled", "False"), True),
        (build("Stopped", "False"), True),
        (build("ImagePullBackOff", "False"), True),
        (build("RollingOut", "True"), False),
        (build("Settled", "False", seen=1), False),
        (build("ScaledToZero", "False", least=0), True),
        (build("ScaledToZero", "False", least=1), False),
        ({"metadata": {"generation": 1}}, False),
    ],
)
def test_an_instance_is_settled_when_its_newest_spec_was_seen_and_nothing_goes_on(obj: Manifest, settled: bool) -> None:
    assert is_settled(obj) is settled


async def test_a_bell_wakes_those_who_wait_for_the_object() -> None:
    bell, done = Bell(), list[str]()

    async def wait(name: str, within: float) -> bool:
        return await bell.wait(("InferenceInstance", "n", name), lambda: name in done, within)

    waiting = [asyncio.create_task(wait("chat", 5)), asyncio.create_task(wait("other", 0.05))]
    await asyncio.sleep(0)
    bell.ring(build("Settled", "False"))
    done.append("chat")
    bell.ring(build("Settled", "False"))
    assert await asyncio.gather(*waiting) == [True, False]
    assert not bell._waiting, "nobody is remembered who left"
