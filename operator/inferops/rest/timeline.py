"""What an instance did in the last hours: a number for each step."""

from typing import Any

from pydantic import Field

from inferops.rest.base import Answer, Moment, show
from inferops.rest.usage import Count

EXAMPLE: dict[str, Any] = {
    "start": "2030-01-01T11:57:00.000Z",
    "end": "2030-01-01T12:00:00.000Z",
    "step": 60,
    "requests": [0, 14, 31],
    "errors": [0, 0, 1],
    "held": [0, 14, 0],
    "regions": [{"regionId": 18, "region": "eu", "replicas": [0, 1, 2], "requests": [0, 14, 30]}],
}
Numbers = list[Count]


class RegionTimeline(Answer):
    """One region."""

    region_id: int | None = Field(description="null: there is no such region any more.")
    region: str
    replicas: Numbers = Field(description="The most that were there at the same time, ready or not.")
    requests: Numbers = Field(description="Those that it answered, by when they began.")


class Timeline(Answer):
    """Every list has one number for each step from `start` on."""

    model_config = show(EXAMPLE)
    start: Moment
    end: Moment
    step: int = Field(ge=1, description="Seconds.")
    requests: Numbers = Field(description="By when they began; a request is known once it has ended.")
    errors: Numbers = Field(description="Those of them with a status of 400 and above.")
    held: Numbers = Field(description="The most that waited for a replica at the same time.")
    regions: list[RegionTimeline]
