"""Problems: what every answer of status 400 and above says (RFC 9457)."""

from typing import Any

from pydantic import Field

from inferops.rest.base import Answer, show

MEDIA_TYPE = "application/problem+json"
EXAMPLE = {
    "type": "about:blank",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": 'hardwareId: there is no hardware "1x-l4s". Did you mean "1x-l40s"?',
    "requestId": "4f2b6d0e8f0c4f5d",
    "errors": [
        {"field": "hardwareId", "value": "1x-l4s", "message": 'there is no hardware "1x-l4s". Did you mean "1x-l40s"?'}
    ],
}


class FieldError(Answer):
    """What is wrong with one field of the request."""

    field: str = Field(description="Its path, such as autoScalingConfigurations[0].scale.min.")
    value: Any = Field(default=None, description="What was sent; null for secrets.")
    message: str


class Problem(Answer):
    """Why a request was not done."""

    model_config = show(EXAMPLE)
    type: str = "about:blank"
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong, in a sentence, and what to do.")
    request_id: str
    errors: list[FieldError] = []
