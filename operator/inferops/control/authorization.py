"""What Envoy asks before a request goes on: whether an instance is awake, or what a key's `/v1/models` are.

Source: envoy.service.auth.v3.Authorization
"""

from typing import Any

from envoy.service.auth.v3.external_auth_pb2_grpc import AuthorizationServicer

from inferops.control.activator import Activator
from inferops.control.listings import Listings
from inferops.gateway.route_table import MODELS


class Authorization(AuthorizationServicer):  # type: ignore[misc]
    """Each question goes to who knows the answer."""

    def __init__(self, activator: Activator, listings: Listings) -> None:
        self._activator = activator
        self._listings = listings

    async def Check(self, request: Any, context: Any) -> Any:
        """One request."""
        if MODELS in request.attributes.context_extensions:
            return self._listings.check(request)
        return await self._activator.Check(request, context)
