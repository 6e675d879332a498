"""Regions: where an instance can run."""

from typing import Literal

from pydantic import Field

from inferops.rest.base import Answer, show

EXAMPLE = {
    "id": 18,
    "name": "Singapore",
    "countryCode": "SG",
    "state": "ACTIVE",
    "capacities": [
        {"hardwareId": "30328755-51f0-4251-b535-029358700099", "capacity": 38},
        {"hardwareId": "dc172cc8-0035-4527-958b-775f951e8836", "capacity": 19},
    ],
}


class Capacity(Answer):
    """How many replicas of one hardware would still fit."""

    hardware_id: str
    capacity: int


class Region(Answer):
    """A region of the catalog."""

    model_config = show(EXAMPLE)
    id: int
    name: str = Field(description="Its name for people.")
    country_code: str | None = Field(description="ISO 3166-1 alpha-2.")
    state: Literal["ACTIVE", "DELETING"]
    capacities: list[Capacity]
