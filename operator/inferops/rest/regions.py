"""Regions: where an instance can run."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from inferops.rest.base import Answer, Price, show

EXAMPLE = {
    "id": 18,
    "name": "Singapore",
    "countryCode": "SG",
    "state": "ACTIVE",
    "priceFactor": 1.0,
    "capacities": [
        {"hardwareId": "30328755-51f0-4251-b535-029358700099", "capacity": 38, "total": 40},
        {"hardwareId": "dc172cc8-0035-4527-958b-775f951e8836", "capacity": 19, "total": 24},
    ],
}


class Capacity(Answer):
    """How many replicas of one hardware would still fit."""

    hardware_id: str
    capacity: int
    total: int | None = Field(default=None, description="And how many if no pod were there; null: not counted yet.")


class Region(Answer):
    """A region of the catalog."""

    model_config = show(EXAMPLE)
    id: int
    name: str = Field(description="Its name for people.")
    country_code: str | None = Field(description="ISO 3166-1 alpha-2.")
    state: Literal["ACTIVE", "DELETING"]
    price_factor: Price = Field(default=Decimal(1), description="Prices of hardware are multiplied by it here.")
    capacities: list[Capacity]
