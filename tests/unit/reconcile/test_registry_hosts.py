"""How often one host is asked, whoever wants to know."""

import asyncio
import random

import pytest

from inferops.plan.registry_status import Answer
from inferops.reconcile.registry_hosts import AT_ONCE, LONGEST_PAUSE, Hosts

DEAD = Answer("Unreachable", "dead", of_host=True)
FINE = Answer("Verified", "fine")
HOST = "ghcr.io"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hosts(clock: Clock) -> Hosts:
    return Hosts(clock, random.Random(1))  # noqa: S311 - guards nothing


def pause(hosts: Hosts, *, urgent: bool = False) -> float:
    refusal = hosts.refusal(HOST, urgent=urgent)
    return refusal[1] if refusal else 0.0


def test_a_dead_host_is_asked_with_growing_pauses_and_forgiven_at_once(hosts: Hosts, clock: Clock) -> None:
    pauses = []
    for _ in range(7):
        hosts.note(HOST, DEAD)
        pauses.append(pause(hosts))
        clock.now += 1200
        assert pause(hosts) == 0
    assert 60 <= pauses[0] <= 102
    assert pauses[3] > 2 * pauses[1]
    assert max(pauses) <= LONGEST_PAUSE * 1.2 + 30
    hosts.note(HOST, FINE)
    hosts.note(HOST, DEAD)
    assert pause(hosts) <= 102


def test_a_wish_to_be_left_alone_is_obeyed_by_changes_too(hosts: Hosts) -> None:
    hosts.note(HOST, Answer("RateLimited", "too often", retry_after=3600, of_host=True))
    assert pause(hosts) >= 3600
    assert pause(hosts, urgent=True) >= 3600


def test_a_change_asks_a_dead_host_sooner_but_not_without_end(hosts: Hosts, clock: Clock) -> None:
    hosts.note(HOST, DEAD)
    assert pause(hosts, urgent=True) > 0
    clock.now += 16
    assert pause(hosts, urgent=True) == 0
    assert pause(hosts) > 0


def test_an_answer_about_one_registry_says_nothing_of_its_host(hosts: Hosts) -> None:
    hosts.note(HOST, Answer("Unauthorized", "wrong password"))
    assert pause(hosts) == 0


async def test_one_host_that_hangs_keeps_no_other_waiting(hosts: Hosts) -> None:
    inside: list[str] = []

    async def enter(host: str) -> None:
        async with hosts.turn(host):
            inside.append(host)
            await asyncio.sleep(10)

    tasks = [asyncio.create_task(enter(host)) for host in ["hangs.io"] * 50 + [HOST]]
    await asyncio.sleep(0.01)
    assert sorted(inside) == [HOST] + ["hangs.io"] * AT_ONCE
    for task in tasks:
        task.cancel()
