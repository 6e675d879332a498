"""What the tests of the ledger hold against it finds what it should."""

import pytest

from tests.support.usage_truth import Used, compare, compare_hours

TRUTH = Used("a", 10, 20, None)
BROKEN = Used("a", 10, 20, None, ended=False)
HEARD = {"a": (10, 18)}
"""By the client, before it was broken off."""


@pytest.mark.parametrize(
    ("produced", "stored", "found"),
    [
        (TRUTH, [Used("a", 10, 20, None)], {}),
        (TRUTH, [], {"lost": ["a"]}),
        (TRUTH, [TRUTH, TRUTH], {"doubled": ["a"]}),
        (TRUTH, [Used("a", 10, 18, None)], {"token_error": 2}),
        (TRUTH, [Used("a", 10, 20, None), Used("b", None, None, None)], {}),
        (BROKEN, [Used("a", 10, 18, None, ended=False)], {"unheard": 2}),
        (BROKEN, [Used("a", 10, 21, None, ended=False)], {"token_error": 1}),
        (BROKEN, [Used("a", None, None, None, ended=False, unknown=True)], {"unknown": ["a"]}),
        (TRUTH, [Used("a", None, None, None, unknown=True)], {"token_error": 30}),
        (BROKEN, [Used("a", 10, 17, None, ended=False)], {"token_error": 3}),
        (Used("a", 0, 0, 2304), [Used("a", None, None, 3000)], {"audio_error_ms": 696}),
    ],
)
def test_every_difference_is_found(produced: Used, stored: list[Used], found: dict[str, object]) -> None:
    differences = compare([produced], stored, HEARD)
    numbers = vars(differences)
    told = {name: value for name, value in numbers.items() if value and name not in {"requests", "wrong"}}
    assert told == found
    assert differences.exact is not (found.keys() & {"lost", "doubled", "token_error", "audio_error_ms"} != set())


def test_hours_are_the_sums_of_their_records() -> None:
    hour = {"requests": 1, "prompt": 10, "completion": 20, "audio_ms": 0}
    assert compare_hours([TRUTH], [hour]) == {}
    assert compare_hours([TRUTH], [hour, hour]) == {"prompt": (20, 10), "completion": (40, 20), "requests": (2, 1)}
