"""What an instance costs."""

from decimal import Decimal

from inferops.plan.types import Resolved

CENT = Decimal("0.01")


def hourly_price(resolved: Resolved) -> str:
    """Price of an hour with every region at scale.max, in the installation's currency: a decimal such as "10.20"."""
    hardware = Decimal(resolved.hardware.price_per_hour)
    total = sum(
        (hardware * Decimal(region.price_factor) * scale.scale.max for scale, region in resolved.regions), Decimal(0)
    )
    return f"{total.quantize(CENT) if total == total.quantize(CENT) else total.normalize():f}"
