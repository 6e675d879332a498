"""The record of idle times, as it lies in a ConfigMap."""

import pytest

from inferops.control.activity import NEVER
from inferops.control.idleness import Idleness, build_record, parse_record


def test_a_record_is_read_as_it_was_written_by_a_process_with_another_clock() -> None:
    since = {"chat": 40.5, "quiet": 90.0, "never": NEVER}
    record = build_record(Idleness(100.0, since), "system", offset=1_700_000_000)
    assert record["data"]["watched"] == "1700000100.0"
    expected = Idleness(1100.0, {"chat": 1040.5, "quiet": 1090.0, "never": NEVER})
    assert parse_record(record, offset=1_699_999_000) == expected


@pytest.mark.parametrize("data", [{}, {"watched": "1"}, {"watched": "now", "idleSince": "{}"}, {"idleSince": "["}])
def test_a_record_that_somebody_has_changed_is_an_error(data: dict[str, str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse_record({"data": data}, offset=0)
