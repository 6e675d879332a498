"""What counts as doing something, and until when."""

import math

from inferops.control.activity import Activity, InstanceActivity, Load

IDLE = Load({}, 0, refused=False)


def requests(count: int, running: int = 0, region: str = "eu") -> Load:
    return Load({region: count}, running, refused=False)


def test_an_instance_that_nobody_called_is_idle() -> None:
    activity = Activity(0)
    activity.report("gw", "chat", IDLE, 1)
    assert not activity.active("chat", math.inf, 1)


def test_idle_time_counts_from_the_end_of_the_last_request() -> None:
    activity = Activity(0)
    activity.report("gw", "chat", requests(1, running=1), 10)
    activity.report("gw", "chat", Load({}, 1, refused=False), 50)
    assert activity.active("chat", 5, 100), "the stream still runs"
    activity.report("gw", "chat", IDLE, 100)
    assert activity.active("chat", 5, 104.9)
    activity.report("gw", "chat", IDLE, 104)
    assert not activity.active("chat", 5, 105), "idle reports are no activity"


def test_a_request_shorter_than_a_report_counts() -> None:
    activity = Activity(0)
    activity.report("gw", "chat", requests(1), 10)
    assert activity.active("chat", 5, 14)
    assert not activity.active("chat", 5, 16)


def test_streams_are_counted_for_each_gateway() -> None:
    activity = Activity(0)
    activity.report("a", "chat", requests(1, running=1), 10)
    activity.report("b", "chat", requests(2, running=2), 10)
    activity.report("a", "chat", IDLE, 20)
    assert sum(activity.of("chat").running.values()) == 2
    activity.forget_gateway("b", 30)
    assert not activity.of("chat").busy
    assert activity.of("chat").last_end == 30


def test_requests_are_counted_by_region_within_the_window() -> None:
    activity = Activity(0)
    for second in range(10):
        activity.report("gw", "chat", Load({"eu": 2, "us": 1}, 0, refused=False), second)
    assert activity.requests("chat", "eu", 5, 9) == 10
    assert activity.requests("chat", "us", 5, 9) == 5
    assert activity.requests("chat", None, 100, 9) == 30
    assert activity.requests("chat", "eu", 5, 5000) == 0
    activity.report("gw", "chat", requests(1), 5000)
    assert len(activity.of("chat").issued["eu"]) == 1, "what no window reaches is forgotten"


def test_demand_is_told_once_until_nothing_waits() -> None:
    activity, told = Activity(0), list[str]()
    activity.on_demand(told.append)
    activity.hold("chat", 1)
    activity.hold("chat", 2)
    assert told == ["chat"]
    assert activity.waiting() == {"chat": 1}
    activity.release("chat", 3)
    activity.release("chat", 3)
    assert activity.waiting() == {}
    activity.hold("chat", 4)
    assert told == ["chat", "chat"]


def test_requests_that_wait_in_the_gateway_by_themselves_are_demand() -> None:
    activity, told = Activity(0), list[str]()
    activity.on_demand(told.append)
    activity.report("gw", "chat", Load({"-": 0}, 0, refused=True), 1)
    assert told == ["chat"]
    assert activity.of("chat").waiting == 1
    activity.report("gw", "chat", IDLE, 2)
    assert not activity.of("chat").busy


def test_the_truth_is_known_once_every_connected_gateway_has_reported() -> None:
    activity = Activity(0)
    assert not activity.known(0, 100), "without any gateway nothing is known"
    activity.gateways["a"] = 5
    assert not activity.known(2, 6)
    assert activity.known(2, 6 + 25) is False, "its report is old by now"
    activity.gateways["a"] = 31
    assert activity.known(2, 31), "after the grace a silent one does not matter"
    activity.gateways["b"] = 6
    assert activity.known(1, 32)


def test_what_is_gone_is_forgotten() -> None:
    activity = Activity(0)
    activity.hold("chat", 1)
    activity.forget("chat")
    assert activity.of("chat") == InstanceActivity()
