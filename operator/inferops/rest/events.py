"""What happened to an instance and its objects."""

from typing import Literal

from pydantic import Field

from inferops.rest.base import Answer, Moment, show

EXAMPLE = {
    "time": "2019-06-26T13:00:00.000Z",
    "type": "Warning",
    "reason": "FailedScheduling",
    "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
    "count": 4,
    "object": "Pod/chat-1f0c9d2e-eu-6c9f7-x2x9p",
}


class Event(Answer):
    """One thing, however often it happened."""

    model_config = show(EXAMPLE)
    time: Moment = Field(description="When it happened last.")
    type: Literal["Normal", "Warning"]
    reason: str = Field(description="A constant for programs.")
    message: str
    count: int
    object: str = Field(description="Kind and name of what it happened to.")
