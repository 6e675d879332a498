"""Requests in hard times: nothing is lost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Self

import httpx
import pytest

from tests.e2e.world import GATEWAY, Manifest, World, eventually, instance

SLEEPY = {"min": 0, "max": 1, "triggers": {"http": {"rate": 10, "window": 60}}}


def stream(world: World, status: Manifest, key: str, tokens: int, delay: str) -> list[float]:
    """Times of arrival of a stream's events."""
    chunks = (
        world.client(status, key)
        .with_options(timeout=600)
        .chat.completions.create(
            model=status["model"],
            messages=[{"role": "user", "content": "count"}],
            max_tokens=tokens,
            stream=True,
            extra_body={"engine": {"token_delay": delay}},
        )
    )
    return [time.monotonic() for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]


def test_a_stream_comes_token_by_token(world: World) -> None:
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    times = stream(world, status, key, tokens=10, delay="100ms")
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    assert len(times) == 10
    assert gaps[len(gaps) // 2] > 0.03, f"a busy machine may read two at once, but not most of them: {gaps}"


def test_a_request_to_a_sleeping_instance_is_held_and_served(world: World) -> None:
    world.apply(instance("chat", scale=SLEEPY, podLifetime=60))
    status, key = world.wait_phase("chat", "PENDING"), world.key("e2e")
    eventually(lambda: world.condition("chat", "Scalable").get("status") == "True", within=60)
    world.wait_known(status, world.stranger())
    assert not world.names("pods")
    began = time.monotonic()
    assert world.chat(status, key)
    print(f"from zero to an answer: {time.monotonic() - began:.1f} s")
    world.wait_phase("chat", "ACTIVE")


@pytest.mark.destructive
@pytest.mark.usefixtures("local")
def test_a_replaced_pod_loses_no_request(world: World) -> None:
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    with WarmTraffic(status, key) as failures:
        (pod,) = world.names("pods")
        world.kubectl("delete", "pod", pod, "--wait=false")
        eventually(lambda: pod not in world.names("pods"), within=120)
        world.wait_phase("chat", "ACTIVE")
    assert failures.seen == []


@pytest.mark.destructive
@pytest.mark.usefixtures("local")
def test_killing_operator_and_control_loses_no_request_and_writes_nothing(world: World) -> None:
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    world.wait_settled()
    with ThreadPoolExecutor(1) as pool, WarmTraffic(status, key) as failures:
        streamed = pool.submit(stream, world, status, key, 100, "100ms")
        for process in ("operator", "control"):
            world.kill(process)
        assert len(streamed.result(timeout=60)) == 100
        eventually(lambda: world.metrics("control"), within=90)
    assert failures.seen == []
    assert failures.answered > 10
    eventually(lambda: reconciles(world) > 0, within=90)
    assert writes(world) == {}


def reconciles(world: World) -> float:
    return sum(value for name, value in world.metrics("operator").items() if "reconciles_total" in name)


def writes(world: World) -> dict[str, float]:
    """Accepted writes to the API server since the operator started, its Lease apart, and Regions: what their nodes have
    room for is counted once a minute, and at the start, so what earlier tests gave back may be news.
    """
    requests = {name: v for name, v in world.metrics("operator").items() if "api_requests_total" in name and v}
    others = ("Lease", "Region", '"GET"', '"LIST"', '"WATCH"')
    return {name: v for name, v in requests.items() if 'code="2' in name and not any(word in name for word in others)}


class WarmTraffic:
    """Asks about ten times a second in the background and remembers what failed."""

    def __init__(self, status: Manifest, key: str) -> None:
        self.seen: list[str] = []
        self.answered = 0
        self.pause = 0.1
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(status, key))

    def run(self, status: Manifest, key: str) -> None:
        headers = {"host": status["address"].partition("//")[2].strip("/"), "x-api-key": key}
        body = {"model": status["model"], "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
        with httpx.Client(timeout=60) as client:
            while not self.stopping.is_set():
                try:
                    answer = client.post(f"{GATEWAY}/v1/chat/completions", json=body, headers=headers)
                    if answer.status_code == httpx.codes.OK:
                        self.answered += 1
                    else:
                        self.seen.append(f"{answer.status_code} {answer.text[:200]}")
                except httpx.HTTPError as error:
                    self.seen.append(repr(error))
                self.stopping.wait(self.pause)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.thread.join()
