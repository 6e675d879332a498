"""How an API server in trouble is spared."""

import random
import time

import pytest

from inferops.cluster.pause import Pause, is_away
from inferops.errors import ClusterError


def seconds(pause: Pause) -> float:
    return max(0.0, round(pause._until - time.monotonic(), 1))


def build() -> Pause:
    return Pause(chance=random.Random(1))  # noqa: S311 - the same in each run


def test_it_doubles_while_nothing_succeeds_and_ends_with_the_first_success() -> None:
    pause = build()
    grown = []
    for _ in range(8):
        pause.failed(begun=float("inf"))
        grown.append(seconds(pause))
    assert grown == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    pause.succeeded()
    pause.failed(begun=float("inf"))
    assert seconds(pause) == 0.1


def test_requests_that_were_under_way_together_count_once() -> None:
    pause, begun = build(), time.monotonic()
    for _ in range(16):
        pause.failed(begun)
    assert seconds(pause) == 0.1


@pytest.mark.parametrize(("wish", "granted"), [(2.0, 2.0), (0.0, 0.1), (3600.0, 30.0)])
def test_a_wish_of_the_api_server_is_granted_up_to_half_a_minute(wish: float, granted: float) -> None:
    pause = build()
    pause.failed(time.monotonic(), wish)
    assert seconds(pause) == granted


async def test_requests_wait_until_it_is_over() -> None:
    pause, begun = build(), time.monotonic()
    pause.failed(begun)
    assert await pause.wait() - begun >= 0.1


@pytest.mark.parametrize(
    ("status", "message", "away"),
    [
        (0, "no answer", True),
        (429, "too many requests", True),
        (503, "apiserver not ready", True),
        (504, "timeout", True),
        (500, "etcdserver: request timed out", True),
        (500, 'failed calling webhook "policy.example.com"', False),
        (422, "invalid", False),
        (409, "conflict", False),
    ],
)
def test_only_trouble_of_the_whole_api_server_counts(status: int, message: str, away: bool) -> None:
    assert is_away(ClusterError(message, status)) is away
