"""How an instance's requests are treated on their way: the same in requests and answers."""

from typing import Annotated, Literal

from pydantic import Field

from inferops.rest.base import Request

LoadBalancing = Literal["LeastRequest", "PrefixHash"]
Weight = Annotated[int, Field(ge=0, le=1000)]


class Limits(Request):
    """What one request may take; null and absent are the default."""

    max_request_bytes: Annotated[str, Field(min_length=1, max_length=32, examples=["32Mi"])] | None = Field(
        default=None, description="Largest body, 1Ki to 1Gi; null: 32Mi, audio routes have 26Mi."
    )
    request_timeout: Annotated[int, Field(ge=1, le=86400)] | None = Field(
        default=None, description="Seconds; null: 600, audio routes have 3600."
    )
    hold_timeout: Annotated[int, Field(ge=1, le=3600)] | None = Field(
        default=None, description="Seconds a request waits for a replica to start; null: 600."
    )
    max_held_requests: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="Requests that may wait at once; null: 1000."
    )
