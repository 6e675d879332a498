"""What an instance costs."""

from collections.abc import Iterable
from decimal import Decimal

from inferops.plan.types import Resolved

CENT = Decimal("0.01")
MONTH_HOURS = 730
"""Of the 8760 hours of a year."""


def price_hour(per_hour: str, regions: Iterable[tuple[str, int]]) -> Decimal:
    """Price of an hour: of one replica, times the replicas in each region with the factor of that region."""
    total = sum((Decimal(per_hour) * Decimal(factor) * replicas for factor, replicas in regions), Decimal(0))
    return total.quantize(CENT) if total == total.quantize(CENT) else total.normalize()


def hourly_price(resolved: Resolved) -> str:
    """Price of an hour with every region at scale.max, in the installation's currency: a decimal such as "10.20"."""
    regions = [(region.price_factor, scale.scale.max) for scale, region in resolved.regions]
    return f"{price_hour(resolved.hardware.price_per_hour, regions):f}"
