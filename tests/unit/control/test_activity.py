"""What counts as doing something, and until when."""

import math

from inferops.control.activity import NEVER, Activity, InstanceActivity, Load

IDLE = Load({}, {}, refused=False)


def requests(count: int, running: int = 0, region: str = "eu") -> Load:
    return Load({region: count}, {region: running} if running else {}, refused=False)


def test_an_instance_that_nobody_called_is_idle() -> None:
    activity = Activity(0)
    activity.report("gw", "chat", IDLE, 1)
    assert not activity.active("chat", math.inf, 1)


def test_idle_time_counts_from_the_end_of_the_last_request() -> None:
    activity = Activity(0)
    activity.report("gw", "chat", requests(1, running=1), 10)
    activity.report("gw", "chat", Load({}, {"eu": 1}, refused=False), 50)
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
    assert activity.of("chat").running == {"b": {"eu": 2}}
    activity.forget_gateway("b", 30)
    assert not activity.of("chat").busy
    assert activity.of("chat").last_end == 30


def test_requests_are_counted_by_region_within_the_window() -> None:
    activity = Activity(0)
    for second in range(10):
        activity.report("gw", "chat", Load({"eu": 2, "us": 1}, {}, refused=False), second)
    assert activity.requests("chat", "eu", 5, 9) == 10
    assert activity.requests("chat", "us", 5, 9) == 5
    assert activity.requests("chat", None, 100, 9) == 30
    assert activity.requests("chat", "eu", 5, 5000) == 0
    activity.report("gw", "chat", requests(1), 5000)
    assert len(activity.of("chat").issued["gw", "eu"]) == 1, "what no window reaches is forgotten"


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
    activity.report("gw", "chat", Load({"-": 0}, {}, refused=True), 1)
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


def test_a_request_that_waited_for_a_deleted_instance_is_not_missed_by_its_namesake() -> None:
    activity, told = Activity(0), list[str]()
    activity.on_demand(told.append)
    activity.hold("chat", 1)
    activity.forget("chat")
    activity.release("chat", 2)
    activity.hold("chat", 3)
    assert told == ["chat", "chat"]
    assert activity.of("chat").waiting == 1


def test_an_instance_that_was_stopped_and_runs_again_owes_nothing_to_what_was_before() -> None:
    activity = Activity(0)
    activity.report("gw", "chat", requests(1), 9)
    activity.restart("chat", 10, alive=True)
    activity.follow_pods("chat", 10, ready=True, alive=True)
    activity.report("gw", "chat", requests(1, running=1), 10.5)
    assert not activity.active("chat", math.inf, 11), "pods that will end, and a report of the second around the start"
    activity.follow_pods("chat", 11, ready=False, alive=False)
    activity.report("gw", "chat", requests(0, running=1), 15)
    assert not activity.active("chat", math.inf, 15), "an ending pod finishes a stream"


def test_an_instance_that_runs_again_wakes_for_whoever_asks_since() -> None:
    activity = Activity(0)
    activity.restart("chat", 10, alive=False)
    activity.hold("chat", 10.1)
    assert activity.active("chat", 5, 10.1)
    activity.follow_pods("chat", 12, ready=False, alive=True)
    activity.follow_pods("chat", 13, ready=True, alive=True)
    activity.release("chat", 13)
    activity.report("gw", "chat", requests(1, running=1), 14)
    assert activity.busy("chat")
    assert activity.requests("chat", "eu", 10, 14) == 1


def test_the_window_is_as_long_as_it_says_wherever_the_reports_lie() -> None:
    activity = Activity(0)
    for report in range(1, 101):  # ten requests a second, and reports that come a little late
        now = report * 1.004
        activity.hear("gw", now)
        activity.report("gw", "chat", Load({"eu": 10}, {}, refused=False, seconds=1.004), now)
        for asked in (now, now + 0.5, now + 0.99):
            for window in (1, 2, 30, 60):
                if now > window:
                    counted = activity.requests("chat", "eu", window, asked)
                    assert abs(counted - window * 10 / 1.004) < 1e-6, (window, asked)


def test_less_than_one_request_a_second_is_counted_exactly() -> None:
    activity = Activity(0)
    for second in range(1, 601):
        activity.hear("gw", second)
        activity.report("gw", "chat", requests(1) if second % 20 == 0 else IDLE, second)
        if second > 60:
            assert activity.requests("chat", "eu", 60, second + 0.5) == 3


def test_what_several_gateways_report_is_added() -> None:
    activity = Activity(0)
    for second in range(1, 101):
        for gateway, late in (("a", 0.0), ("b", 0.5)):
            activity.hear(gateway, second + late)
            activity.report(gateway, "chat", requests(2), second + late)
    assert activity.requests("chat", "eu", 10, 100.7) == 40


def test_idle_time_stands_still_while_no_gateway_reports() -> None:
    activity = Activity(0)
    activity.hear("gw", 100)
    activity.report("gw", "chat", requests(1), 100)
    for second in range(101, 131):
        activity.hear("gw", second)
    activity.forget_gateway("gw", 131)
    activity.hear("new", 310)
    assert activity.active("chat", 60, 311), "a client whose gateway was gone comes back"
    for second in range(311, 345):
        activity.hear("new", second)
    assert not activity.active("chat", 60, 344)


def test_a_gateway_that_was_away_tells_what_it_did_meanwhile() -> None:
    activity = Activity(0)
    activity.hear("gw", 100)
    activity.report("gw", "chat", requests(1), 100)
    activity.report("gw", "quiet", requests(1), 100)
    activity.forget_gateway("gw", 101)
    activity.hear("gw", 281, told=180)
    activity.report("gw", "chat", Load({"eu": 36}, {}, refused=False, seconds=180), 281)
    assert activity.active("chat", 60, 282)
    assert activity.requests("chat", "eu", 60, 282) == 12, "of 36 in three minutes"
    assert not activity.active("quiet", 60, 282)


def test_what_a_gateway_told_nobody_is_not_idleness() -> None:
    activity = Activity(1000)
    activity.resume(1000, 820, {"chat": 800})
    activity.hear("gw", 1001, told=5)
    assert activity.active("chat", 60, 1030), "it tried to report every five seconds, and only the last try came"
    assert not activity.active("chat", 60, 1040)


def test_whoever_serves_next_goes_on_counting() -> None:
    activity = Activity(1000)
    activity.resume(1000, 995, {"chat": 950, "quiet": 930})
    activity.hear("gw", 1001, told=5)
    assert activity.active("chat", 60, 1005)
    assert not activity.active("chat", 60, 1011)
    assert not activity.active("quiet", 60, 1001)


def test_what_a_new_gateway_did_before_its_first_report_is_not_idleness() -> None:
    activity = Activity(0)
    activity.resume(100, 100, {"chat": 90})
    activity.hear("old", 101, told=1)
    activity.hear("new", 102)
    assert activity.active("chat", 60, 155)
    assert not activity.active("chat", 60, 157)


def test_where_gateway_and_control_were_replaced_the_time_between_is_not_idle() -> None:
    activity = Activity(1000)
    activity.resume(1000, 900, {"chat": 850, "quiet": 830})
    activity.hear("new", 1001)
    assert activity.active("chat", 60, 1010)
    assert not activity.active("chat", 60, 1012)
    assert not activity.active("quiet", 60, 1001)


def test_a_replica_that_starts_is_not_idle_and_its_time_counts_from_its_readiness() -> None:
    activity = Activity(0)
    activity.hold("chat", 10)
    activity.follow_pods("chat", 12, ready=False, alive=True)
    activity.release("chat", 20)
    assert activity.active("chat", 60, 190), "the client gave up, the model still loads"
    activity.follow_pods("chat", 192, ready=True, alive=True)
    assert activity.active("chat", 60, 251)
    assert not activity.active("chat", 60, 253)


def test_a_schedule_leaves_no_idle_time_behind_unless_somebody_asked_meanwhile() -> None:
    activity = Activity(0)

    def wake(now: float) -> None:
        activity.follow_pods("chat", now, ready=False, alive=True, scheduled=True)
        activity.follow_pods("chat", now + 5, ready=True, alive=True, scheduled=True)

    wake(10)
    assert not activity.active("chat", math.inf, 20)
    assert activity.idle_since("chat") == NEVER, "whoever serves next must not take it for idle from then on"
    activity.follow_pods("chat", 30, ready=False, alive=False, scheduled=True)
    activity.hold("chat", 40)
    wake(41)
    activity.release("chat", 42)
    assert activity.active("chat", math.inf, 100)
    activity.follow_pods("chat", 110, ready=False, alive=False, scheduled=True)
    wake(120)
    assert not activity.active("chat", 60, 126), "that request was of an earlier life"


def test_a_replica_that_never_starts_is_given_up() -> None:
    activity = Activity(0)
    activity.follow_pods("chat", 0, ready=False, alive=True)
    assert activity.active("chat", 60, 3599)
    assert not activity.active("chat", 60, 3601)


def test_a_replica_that_comes_and_goes_does_not_keep_an_instance_awake() -> None:
    activity = Activity(0)
    activity.follow_pods("chat", 1, ready=True, alive=True)
    for second in range(10, 100, 10):
        activity.follow_pods("chat", second, ready=False, alive=True)
        activity.follow_pods("chat", second + 5, ready=True, alive=True)
    assert not activity.active("chat", 60, 100)
    activity.follow_pods("chat", 101, ready=False, alive=False)
    activity.follow_pods("chat", 200, ready=False, alive=True)
    assert activity.active("chat", 60, 300), "it was woken anew"
