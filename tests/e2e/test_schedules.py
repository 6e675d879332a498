"""Times at which an instance has replicas whatever is asked of it, by KEDA's cron, in their time zones."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.scaling import LONG, Replicas, scalable
from tests.e2e.world import Manifest, World, eventually, instance

MINUTES = pytest.mark.skipif(not LONG, reason="takes minutes: make test-long")
POLL = 5
"""Seconds between KEDA's looks here."""
LATE = POLL + 10
"""Seconds by which KEDA may come and go late, on a busy machine."""


def schedule(start: datetime, end: datetime, replicas: int, timezone: str = "UTC") -> Manifest:
    """Each day from one time to another, by the clock of a zone."""
    begins, ends = (f"{each.minute} {each.hour} * * *" for each in (start, end))
    return {"start": begins, "end": ends, "timezone": timezone, "min": replicas}


def scheduled(name: str, times: Manifest, *, least: int = 0, lifetime: int | None = None) -> Manifest:
    """An instance that requests would wake, too."""
    triggers = {"http": {"rate": 1000, "window": 10}, "schedules": [times]}
    scale = {"min": least, "max": 3, "cooldownPeriod": 5, "pollingInterval": POLL, "triggers": triggers}
    return instance(name, scale=scale, podLifetime=lifetime, rollout={"drainSeconds": 1})


def test_a_schedule_is_read_by_the_clock_of_its_time_zone(world: World) -> None:
    """The same times in UTC are hours away."""
    now = datetime.now(UTC)
    names = {
        "paris": "Europe/Paris",
        "kolkata": "Asia/Kolkata",
        "salta": "America/Argentina/Salta",
        "behind": "Etc/GMT+5",
    }
    for name, zone in names.items():
        there = now.astimezone(ZoneInfo(zone))
        start, end = there - timedelta(minutes=5), there + timedelta(minutes=30)
        world.apply(scheduled(name, schedule(start, end, 2, zone), least=1, lifetime=60))
        if name == "kolkata":
            world.apply(scheduled("by-utc", schedule(start, end, 2), least=1, lifetime=60))
    with Replicas(world) as replicas:
        eventually(lambda: all(replicas.now(name) == 2 for name in names), within=90)
        scalable(world, "by-utc")
        assert replicas.of("by-utc") == [1]


def test_a_schedule_in_no_time_zone_is_refused_with_the_nearest(world: World) -> None:
    now = datetime.now(UTC)
    times = schedule(now, now + timedelta(minutes=9), 1, "Europe/Pari")
    with pytest.raises(SystemExit, match=r'there is no time zone "Europe/Pari"\. Did you mean "Europe/Paris"\?'):
        world.apply(scheduled("chat", times))


@MINUTES
def test_a_schedule_wakes_without_a_request_and_sleeps_at_its_end_whatever_podlifetime_is(world: World) -> None:
    """Unless somebody asked meanwhile: then podLifetime counts, and null is for ever."""
    start = (datetime.now(UTC) + timedelta(seconds=90)).replace(second=0, microsecond=0)
    end = start + timedelta(minutes=2)
    times = schedule(start, end, 2)
    names = ("never", "hour", "asked")
    world.apply(*(scheduled(name, times, lifetime=3600 if name == "hour" else None) for name in names))
    for name in names:
        scalable(world, name)
    with Replicas(world) as replicas:
        assert [replicas.of(name) for name in names] == [[0]] * 3
        eventually(lambda: all(replicas.now(name) == 2 for name in names), within=120)
        assert all(0 <= late(replicas, name, 1, start) < LATE for name in names)
        assert world.chat(world.wait_phase("asked", "ACTIVE"), world.key("e2e"))
        eventually(lambda: replicas.now("never") == replicas.now("hour") == 0, within=180)
        assert all(0 <= late(replicas, name, 0, end) < LATE for name in ("never", "hour"))
        eventually(lambda: replicas.now("asked") == 1, within=60)


def late(replicas: Replicas, name: str, count: int, moment: datetime) -> float:
    """Seconds from a moment until an instance came to so many replicas."""
    was = time.monotonic() - (datetime.now(UTC) - moment).total_seconds()
    known = [each for each in replicas.moments if each.instance == name and each.time >= was - 1]
    return next(each.time for each in known if each.replicas == count) - was
