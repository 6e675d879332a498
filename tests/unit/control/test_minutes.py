"""The sliding minute: never more than the limit within any 60 seconds."""

import itertools
import random

import pytest

from inferops.control.minutes import MinuteLimits

KEY = "team/alice"
START = 1000.0


def counting(limit: int = 10, started: float = 0.0) -> MinuteLimits:
    limits = MinuteLimits(started)
    limits.set_limits({KEY: limit})
    return limits


def test_a_key_without_a_limit_gets_what_it_wants() -> None:
    grant = counting().take("team/bob", 7, START)
    assert (grant.granted, grant.limit) == (7, 0)


def test_what_does_not_fit_is_granted_in_part_and_then_refused() -> None:
    limits = counting(10)
    granted = [limits.take(KEY, 4, START + 0.1).granted for _ in range(4)]
    assert granted == [4, 4, 2, 0]


def test_a_refusal_says_when_to_come_back() -> None:
    limits = counting(2)
    limits.take(KEY, 1, START + 0.5)
    limits.take(KEY, 1, START + 20.5)
    refused = limits.take(KEY, 1, START + 30)
    assert (refused.granted, refused.retry, refused.reset) == (0, 31.0, 51.0)
    assert limits.take(KEY, 1, START + 30 + refused.retry).granted == 1
    assert limits.take(KEY, 1, START + 30 + refused.reset).remaining == 0


@pytest.mark.parametrize("seed", range(5))
def test_within_any_minute_there_is_never_more_than_the_limit(seed: int) -> None:
    chance, limits, limit, now = random.Random(seed), counting(50), 50, START  # noqa: S311  no secret
    passed: list[float] = []
    for _ in range(3000):
        now += chance.choice((0.0, 0.01, 0.3, 2.0, 40.0)) * chance.random()
        passed += [now] * limits.take(KEY, chance.randint(1, 9), now).granted
    assert len(passed) > limit
    assert all(later - first >= 60 for first, later in zip(passed, passed[limit:], strict=False))


def test_a_steady_client_gets_its_whole_limit() -> None:
    limits = counting(60)
    times = [START + second / 2 for second in range(1200)]
    assert sum(limits.take(KEY, 1, now).granted for now in times) >= 60 * 9.8


def test_a_long_pause_empties_the_minute() -> None:
    limits = counting(3)
    for now in (START, START + 61, START + 100_000):
        assert limits.take(KEY, 5, now).granted == 3


def test_another_limit_keeps_the_count_of_this_key_and_of_the_others() -> None:
    limits = MinuteLimits(0.0)
    limits.set_limits({KEY: 5, "team/bob": 5})
    for client in (KEY, "team/bob"):
        limits.take(client, 5, START)
    limits.set_limits({KEY: 7, "team/bob": 5})
    assert [limits.take(client, 5, START).granted for client in (KEY, "team/bob")] == [2, 0]
    limits.set_limits({KEY: 3, "team/bob": 5})
    assert limits.take(KEY, 1, START).remaining == 0


def test_what_was_let_through_unasked_counts() -> None:
    limits = counting(5)
    limits.charge(KEY, 9, START)
    assert limits.take(KEY, 1, START).granted == 0
    assert limits.take(KEY, 9, START + 61).granted == 5


def test_a_new_control_recalls_what_the_gateways_know() -> None:
    """Two workers of which one was told more; what they were told by this control is nothing new."""
    limits = counting(20, started=START)
    for used, ago in ((5, 10.0), (12, 5.0), (8, 6.0)):
        limits.recall(KEY, used, ago, START + 1)
    assert limits.take(KEY, 20, START + 1).granted == 8
    limits.recall(KEY, 20, 1.0, START + 2)
    assert limits.take(KEY, 20, START + 50).granted == 0
    assert limits.take(KEY, 20, START + 57.5).granted == 12, "12 requests were made 5 seconds before"


def test_what_is_recalled_from_more_than_a_minute_ago_is_over() -> None:
    limits = counting(20, started=START)
    limits.recall(KEY, 20, 70.0, START + 1)
    assert limits.take(KEY, 20, START + 1).granted == 20


def test_remaining_falls_to_nothing_one_by_one() -> None:
    limits = counting(4)
    left = [limits.take(KEY, 1, START).remaining for _ in range(5)]
    assert left == [3, 2, 1, 0, 0]
    assert all(before >= after for before, after in itertools.pairwise(left))


def test_what_must_come_whole_comes_whole_or_not_at_all() -> None:
    limits = counting(10)
    for count, at in ((3, 0.0), (4, 20.0)):
        limits.take(KEY, count, START + at, least=count)
    refused = limits.take(KEY, 8, START + 30, least=8)
    assert (refused.granted, refused.remaining, refused.retry) == (0, 3, 51.0), "only when all seven have left"
    assert limits.take(KEY, 6, START + 31, least=6).retry == 30.0, "when the first three have left"
    assert limits.take(KEY, 6, START + 61, least=6).granted == 6


def test_what_was_not_used_is_given_back_where_it_was_taken() -> None:
    limits = counting(10)
    limits.take(KEY, 8, START, least=8)
    limits.charge(KEY, 1, START + 5)
    limits.give_back(KEY, 8, START, START + 5)
    assert limits.take(KEY, 9, START + 5, least=9).granted == 9
    limits.give_back(KEY, 100, START + 5, START + 5)
    assert limits.take(KEY, 10, START + 5, least=10).granted == 10, "no more than was taken"
    limits.give_back(KEY, 5, START - 70, START + 5)
    assert limits.take(KEY, 1, START + 5).granted == 0, "what has left the window is not there to be given back"
