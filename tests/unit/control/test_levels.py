"""How many requests were in progress lately."""

import pytest

from inferops.control.activity import Activity, Load
from inferops.control.levels import SECONDS, Level


@pytest.mark.parametrize(
    ("changes", "mean"),
    [
        ([], 0),
        ([(0, 4)], 4),
        ([(95, 4)], 2),
        ([(0, 4), (95, 0)], 2),
        ([(0, 1), (92, 6), (98, 1)], 4),
        ([(0, 4), (90, 0)], 0),
    ],
)
def test_a_level_is_averaged_over_the_last_seconds(changes: list[tuple[float, float]], mean: float) -> None:
    level = Level()
    for moment, value in changes:
        level.note(value, moment)
    assert level.mean(100) == mean


def test_requests_in_progress_are_told_by_region() -> None:
    activity, long = Activity(0), SECONDS
    activity.report("a", "chat", Load({"eu": 3}, {"eu": 3, "us": 1}, refused=False), 1)
    activity.report("b", "chat", Load({"eu": 2}, {"eu": 2}, refused=False), 1)
    assert [activity.in_progress("chat", region, 1 + long) for region in ("eu", "us", None)] == [5, 1, 6]
    activity.forget_gateway("a", 20)
    assert [activity.in_progress("chat", region, 20 + long) for region in ("eu", "us", None)] == [2, 0, 2]
