"""The route to an engine: everything under /v1, how long and how large."""

from typing import Any

from envoy.config.route.v3.route_components_pb2 import FilterConfig, RouteAction, RouteMatch
from envoy.config.route.v3.route_components_pb2 import Route as RouteEntry
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration

from inferops.gateway.headers import PREFIX_HEADER
from inferops.gateway.resources import pack
from inferops.gateway.retries import build_target
from inferops.gateway.routes import Route

GRACE = 60
"""Seconds that a silent stream gets over the longest silence that is allowed."""
ABSENT = pack(FilterConfig(disabled=True))
"""A filter that is not even made for a request. One that is made and has nothing to do costs microseconds. Which ones
are made follows from the first look at the routes; where it finds none (/v2/<id>), all are.
"""
ENABLED = pack(FilterConfig(config=Packed()))
"""Switches a filter on that the listener or the table has off."""


def build_forwarding(route: Route) -> Any:
    """Everything under /v1. Audio has limits of its own (policies.py): a second route for it would cost every
    instance memory. Its name is the instance's id: for the log, and for the second delivery (gateway/src/again.rs).
    """
    return RouteEntry(name=route.id, match=RouteMatch(path_separated_prefix="/v1"), route=build_action(route))


def build_action(route: Route) -> Any:
    """To the engine. The silence before a long answer and the wait for a replica must not end the stream."""
    limits = route.limits
    action = build_target(route)
    action.timeout.CopyFrom(Duration(seconds=limits.timeout))
    action.idle_timeout.CopyFrom(Duration(seconds=max(limits.audio_timeout, limits.hold_timeout) + GRACE))
    if route.load_balancing == "PrefixHash":
        header = RouteAction.HashPolicy.Header(header_name=PREFIX_HEADER)
        action.hash_policy.append(RouteAction.HashPolicy(header=header))
    return action
