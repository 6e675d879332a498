"""Log lines of an instance's pods."""

from pydantic import Field

from inferops.rest.base import Answer, Moment, show

EXAMPLE = {
    "time": "2019-06-26T13:00:00.000Z",
    "regionId": 18,
    "pod": "chat-1f0c9d2e-eu-6c9f7-x2x9p",
    "message": "INFO: Application startup complete.",
}


class LogLine(Answer):
    """One line."""

    model_config = show(EXAMPLE)
    time: Moment = Field(description="When the container wrote it.")
    region_id: int | None = Field(description="null: there is no such region any more.")
    pod: str
    message: str = Field(description="Without its newline; what is longer than 16384 bytes is cut.")
