"""Regions by their number or their name, and where there is but one."""

import click
import pytest

from inferops.cli.remote.bodies import build_body
from inferops.cli.remote.exits import Absent, Senseless
from inferops.cli.remote.regions import find_only_region, find_region
from inferops.rest.instances import InstanceCreate
from inferops.rest.regions import Region


def region(number: int, name: str) -> Region:
    return Region(id=number, name=name, country_code=None, state="ACTIVE", capacities=[])


KNOWN = [region(1, "Default"), region(18, "Singapore"), region(19, "Twin"), region(20, "twin")]


@pytest.mark.parametrize(("text", "number"), [("18", 18), ("Singapore", 18), ("default", 1), ("77", 77)])
def test_a_region_is_found_by_number_and_by_name(text: str, number: int) -> None:
    assert find_region(KNOWN, text) == number


def test_a_name_that_is_none_or_of_several_is_told() -> None:
    with pytest.raises(Absent, match='Did you mean "Singapore"'):
        find_region(KNOWN, "singapur")
    with pytest.raises(Senseless, match="19, 20"):
        find_region(KNOWN, "twin")


def test_the_only_region_needs_no_name_and_one_of_several_does() -> None:
    assert find_only_region(KNOWN[:1]) == [1]
    assert find_only_region(KNOWN) == []
    with pytest.raises(click.UsageError, match="name a --region"):
        build_body(InstanceCreate, {"name": "chat"})
