"""Pricing: what an instance would cost."""

from typing import Annotated

from pydantic import ConfigDict, Field

from inferops.rest.base import Answer, Price, Reference, Request, show

EXAMPLE_REQUEST = {
    "hardwareId": "59651ba4-657a-41d4-8c42-00f34f732375",
    "autoScalingConfigurations": [{"regionId": 18, "scale": {"max": 4}}],
}
EXAMPLE = {"currencyCode": "USD", "pricePerHour": 1.44, "pricePerMonth": 1051.2}


class PricedScale(Request):
    """Only max counts; the rest of a scale may be there."""

    model_config = ConfigDict(extra="ignore")
    max: int = Field(ge=1, le=300)


class PricedRegion(Request):
    """One region."""

    region_id: int = Field(ge=0, le=2147483647)
    scale: PricedScale


class PricingRequest(Request):
    """What to price."""

    model_config = show(EXAMPLE_REQUEST)
    hardware_id: Reference
    auto_scaling_configurations: Annotated[list[PricedRegion], Field(min_length=1, max_length=20)]


class Pricing(Answer):
    """Prices with scale.max replicas in every region."""

    model_config = show(EXAMPLE)
    currency_code: str = Field(description="ISO 4217.")
    price_per_hour: Price
    price_per_month: Price = Field(description="730 hours.")
