"""The shared hosts' way to the REST API and the console, which know keys and sessions by themselves.

Only there does a key pass the gateway: what it may do, such as to manage instances, is the API's affair.
"""

from typing import Any

from envoy.config.route.v3.route_components_pb2 import FilterConfig, RouteAction, RouteMatch
from envoy.config.route.v3.route_components_pb2 import Route as RouteEntry
from google.protobuf.duration_pb2 import Duration

from inferops.gateway.policies import ENGINE
from inferops.gateway.resources import pack
from inferops.settings import Settings

API = "api"
"""Cluster of static/api.yaml."""
DISABLED = pack(FilterConfig(disabled=True))
SILENCE = Duration(seconds=3600)
"""Followed logs may say nothing for long."""


def build_api_routes(settings: Settings) -> list[Any]:
    """Everything that no route before it took; nothing where there is no API."""
    if settings.gateway.api is None:
        return []
    route = RouteEntry(
        match=RouteMatch(prefix="/"),
        route=RouteAction(cluster=API, timeout=Duration(), idle_timeout=SILENCE),
        typed_per_filter_config={ENGINE: DISABLED},
    )
    return [route]
