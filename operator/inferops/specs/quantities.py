"""Kubernetes quantities: `1000m` and `1` are the same amount, and the API server rewrites one into the other. PURE."""

import re
from decimal import Decimal
from functools import lru_cache

_PATTERN = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]+)|([numkMGTPE]|[KMGTPE]i))?")
_FACTORS = {
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("n", "u", "m", "", *"kMGTPE"), -3)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}


def read_quantity(value: object) -> Decimal | None:
    """The number that a quantity such as `500m`, `16` or `64Gi` stands for; None for anything else."""
    return None if isinstance(value, bool) or not isinstance(value, int | str) else _parse(str(value))


@lru_cache(4096)
def _parse(text: str) -> Decimal | None:
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    number, exponent, suffix = match.groups(default="")
    return Decimal(number + exponent) * _FACTORS[suffix]


def same_quantity(one: object, other: object) -> bool:
    """Whether both are quantities, of the same amount."""
    amount = read_quantity(one)
    return amount is not None and amount == read_quantity(other)
