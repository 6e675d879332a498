"""What an instance costs: the price of its hardware, times the factor of each region, times replicas there."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from inferops.api.catalog import Catalog
from inferops.names import Manifest
from inferops.plan.prices import CENT, MONTH_HOURS, price_hour
from inferops.rest.pricing import Pricing


def hardware_of(spec: Manifest, catalog: Catalog) -> str | None:
    """The instance's own, or its model's."""
    model = catalog.models.get(spec.get("model") or "")
    own: str | None = spec.get("hardware")
    return own or (model.default_hardware if model else None)


def price_at_most(obj: Manifest, catalog: Catalog) -> Decimal:
    """With scale.max replicas in every region; what the operator last said, where the catalog no longer tells."""
    spec = obj.get("spec") or {}
    replicas = {each["region"]: each["scale"]["max"] for each in spec.get("regions") or []}
    price = price_replicas(spec, catalog, replicas)
    return read_price((obj.get("status") or {}).get("hourlyPrice")) if price is None else price


def price_now(obj: Manifest, catalog: Catalog) -> Decimal:
    """With the replicas that there are, ready or starting."""
    regions = (obj.get("status") or {}).get("regions") or []
    replicas = {each["region"]: each["replicas"]["total"] for each in regions}
    return price_replicas(obj.get("spec") or {}, catalog, replicas) or Decimal(0)


def price_replicas(spec: Manifest, catalog: Catalog, replicas: dict[str, int]) -> Decimal | None:
    """By region; None where the hardware or a region is unknown."""
    hardware = catalog.hardwares.get(hardware_of(spec, catalog) or "")
    if hardware is None or not catalog.regions.keys() >= replicas.keys():
        return None
    factors = [(catalog.regions[name].price_factor, count) for name, count in replicas.items()]
    return price_hour(hardware.price_per_hour, factors)


def price_request(per_hour: str, factors: Iterable[tuple[str, int]], currency: str) -> Pricing:
    """An estimate: a month has 730 hours, and is rounded to cents."""
    hour = price_hour(per_hour, factors)
    return Pricing(
        currency_code=currency, price_per_hour=hour, price_per_month=(hour * MONTH_HOURS).quantize(CENT).normalize()
    )


def read_price(text: str | None) -> Decimal:
    """A decimal from a status; zero where there is none yet."""
    try:
        return Decimal(text or 0)
    except InvalidOperation:
        return Decimal(0)
