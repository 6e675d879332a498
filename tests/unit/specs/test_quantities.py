"""Kubernetes quantities."""

import pytest

from inferops.specs.quantities import read_quantity, same_quantity

SAME = [
    ("1000m", "1"),
    ("1", 1),
    ("0.5Gi", "512Mi"),
    ("1.5", "1500m"),
    ("1e3", "1k"),
    ("2E", "2e18"),
    ("1Ei", "1024Pi"),
    ("100000u", "100m"),
    ("0", "0m"),
]
DIFFERENT = [("1", "2"), ("1G", "1Gi"), ("1", "1k"), ("a", "a"), ("", ""), (None, None), (True, 1), ("1", "1x")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equal_amounts_are_the_same(one: object, other: object) -> None:
    assert same_quantity(one, other)
    assert same_quantity(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_amounts_and_other_things_are_not(one: object, other: object) -> None:
    assert not same_quantity(one, other)


@pytest.mark.parametrize("value", ["nvidia", "1.2.3", "Gi", "-", " 1", "1 Gi", 1.5, [], {}])
def test_what_is_no_quantity_reads_as_none(value: object) -> None:
    assert read_quantity(value) is None
