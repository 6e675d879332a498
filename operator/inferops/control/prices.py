"""What a Model costs now, for what budgets count; the ledger keeps what it cost before."""

from decimal import Decimal

from inferops.metering.prices import Price
from inferops.specs.catalog import Prices


def build_price(name: str, prices: Prices) -> Price:
    """The price of a Model's use, in the installation's currency."""
    amounts = {field: None if value is None else Decimal(value) for field, value in prices.model_dump().items()}
    return Price(id=0, kind="Model", name=name, region="", since=0, version="", currency="", **amounts)
