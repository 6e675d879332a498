"""What use costs, to the last decimal."""

from decimal import Decimal
from typing import Any

import pytest

from inferops.metering.prices import Price, cost_of_replicas, cost_of_use, price_at


def price(since: int = 0, number: int = 1, **amounts: str) -> Price:
    decimals = {name: Decimal(value) for name, value in amounts.items()}
    return Price(number, "Model", "m", "", since, "", "EUR", **decimals)


@pytest.mark.parametrize(
    ("amounts", "used", "cost"),
    [
        ({"input_per_million_tokens": "0.15", "output_per_million_tokens": "0.60"}, (1, 1, 0), "0.00000075"),
        ({"input_per_million_tokens": "0.1"}, (3, 10**9, 0), "0.0000003"),
        ({"per_audio_minute": "0.006"}, (0, 0, 61_500), "0.00615"),
        ({"per_audio_minute": "0.01"}, (0, 0, 1), "0.000000166667"),
        ({"per_audio_minute": "0.000000000003"}, (0, 0, 10_000), "0"),
        ({"per_audio_minute": "0.000000000003"}, (0, 0, 30_000), "0.000000000002"),
        ({}, (10, 10, 10), "0"),
    ],
    ids=["both", "no price", "audio", "endless", "half to even, down", "half to even, up", "none"],
)
def test_use_costs_its_amounts_times_the_prices(amounts: dict[str, Any], used: tuple[int, int, int], cost: str) -> None:
    assert cost_of_use(price(**amounts), *used) == Decimal(cost)


def test_large_sums_lose_no_digit() -> None:
    most = price(input_per_million_tokens="999999999.999999999")
    assert cost_of_use(most, 10**15, 0, 0) == Decimal(999999999999999999)


def test_a_replica_costs_its_time() -> None:
    assert cost_of_replicas(price(per_hour="3.60"), 1_500) == Decimal("0.0015")
    assert cost_of_replicas(price(), 1_500) == 0


@pytest.mark.parametrize(("time", "number"), [(0, 1), (99, 1), (100, 2), (10**15, 2)])
def test_the_price_of_a_moment_is_the_last_one_before_it(time: int, number: int) -> None:
    found = price_at([price(0, 1), price(100, 2)], time)
    assert found
    assert found.id == number


def test_before_the_first_price_there_is_none() -> None:
    assert price_at([price(100)], 99) is None
