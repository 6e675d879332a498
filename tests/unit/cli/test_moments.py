"""Moments as people write them."""

from datetime import UTC, datetime

import click
import pytest

from inferops.cli.remote.moments import read_moment

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago", "moment"),
    [
        ("90s", False, "2030-01-31T12:01:30.000Z"),
        ("2h", True, "2030-01-31T10:00:00.000Z"),
        ("1d", False, "2030-02-01T12:00:00.000Z"),
        ("2030-02-01", False, "2030-02-01T00:00:00.000Z"),
        ("2030-02-01T12:00:00+02:00", True, "2030-02-01T10:00:00.000Z"),
    ],
)
def test_a_moment_is_one_of_utc_or_so_far_away(text: str, ago: bool, moment: str) -> None:
    assert read_moment("--since", text, NOON, ago=ago) == moment


@pytest.mark.parametrize("text", ["", "soon", "h", "-1h", "10w", "9" * 12 + "d", "2030-02-30"])
def test_what_is_no_moment_is_told_with_its_flag(text: str) -> None:
    with pytest.raises(click.UsageError, match=f'--since is "{text}": must be such as'):
        read_moment("--since", text, NOON)
