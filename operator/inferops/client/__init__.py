"""The client of the REST API: typed, sync and async. The command line is made with it; see docs/client.md.

with Client("https://api.example.com", key) as client:
client.instances.list()
"""

from inferops.client.async_client import AsyncClient
from inferops.client.client import Client
from inferops.client.errors import (
    ApiError,
    Conflict,
    Invalid,
    NotFound,
    NotReached,
    Refused,
    Unavailable,
    Unreachable,
)

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "Conflict",
    "Invalid",
    "NotFound",
    "NotReached",
    "Refused",
    "Unavailable",
    "Unreachable",
]
