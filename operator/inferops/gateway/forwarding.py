"""The routes to an engine: everything under /v1, how long and how large."""

from typing import Any

from envoy.config.route.v3.route_components_pb2 import HeaderMatcher, RouteAction, RouteMatch
from envoy.config.route.v3.route_components_pb2 import Route as RouteEntry
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import ExtAuthzPerRoute
from envoy.type.v3.range_pb2 import Int64Range
from google.protobuf.duration_pb2 import Duration

from inferops.gateway.headers import HOST_HEADER, PREFIX_HEADER, UNSUPPORTED_HEADER
from inferops.gateway.resources import FILTERS, TYPE_PREFIX, pack, pack_json
from inferops.gateway.retries import build_target
from inferops.gateway.routes import LARGEST_REQUEST, Route

GRACE = 60
"""Seconds that a silent stream gets over the longest silence that is allowed."""
REFUSED, UPLOADS = "refused", "uploads"
"""Clusters of static/bootstrap.yaml."""
JUDGED = pack_json(
    f"{FILTERS}.ext_authz.v3.ExtAuthzPerRoute",
    {
        "check_settings": {
            "with_request_body": {"max_request_bytes": 8192, "allow_partial_message": True},
            "http_service": {
                "server_uri": {"uri": "http://uploads", "cluster": UPLOADS, "timeout": "1s"},
                "authorization_response": {
                    "allowed_upstream_headers": {"patterns": [{"exact": HOST_HEADER}, {"exact": UNSUPPORTED_HEADER}]}
                },
            },
        }
    },
)
"""What asks control about cold instances asks lua/upload.lua about audio uploads: the body goes on after 8 KiB."""
NOT_HELD = pack(ExtAuthzPerRoute(disabled=True))
READ_TO_ITS_END = LARGEST_REQUEST + 1
"""A body that announces as much is refused without being read."""


def build_forwarding(route: Route, *, held: bool) -> list[Any]:
    """Everything under /v1; audio with limits of its own, and files judged by the first bytes, unless they wait."""
    limits = route.limits
    audio = build_forward("/v1/audio", route, limits.audio_timeout, limits.audio_bytes)
    if not held:
        audio[-1].typed_per_filter_config["hold"].CopyFrom(JUDGED)
    routes = [*audio, *build_forward("/v1", route, limits.timeout, limits.request_bytes)]
    for refused in routes[::2] if held else ():
        refused.typed_per_filter_config["hold"].CopyFrom(NOT_HELD)
    return routes


def build_forward(path: str, route: Route, timeout: int, size: int) -> list[Any]:
    """One path: bodies that are too large, and the others."""
    forward = RouteEntry(
        name=path,
        match=RouteMatch(path_separated_prefix=path),
        route=build_action(route, timeout),
        typed_per_filter_config={"size": build_size(size)},
    )
    return [build_too_large(path, size), forward]


def build_action(route: Route, timeout: int) -> Any:
    """To the engine. The silence before a long answer and the wait for a replica must not end the stream."""
    action = build_target(route)
    action.timeout.CopyFrom(Duration(seconds=timeout))
    action.idle_timeout.CopyFrom(Duration(seconds=max(timeout, route.limits.hold_timeout) + GRACE))
    if route.load_balancing == "PrefixHash":
        header = RouteAction.HashPolicy.Header(header_name=PREFIX_HEADER)
        action.hash_policy.append(RouteAction.HashPolicy(header=header))
    return action


def build_size(limit: int) -> Any:
    """The largest body that comes without an announced length, in bytes."""
    size = {"@type": f"{TYPE_PREFIX}{FILTERS}.body_size_limit.v3.BodySizeLimit", "max_request_bytes": limit}
    chain = {"filters": [{"name": "size", "typed_config": size}]}
    return pack_json(f"{FILTERS}.filter_chain.v3.FilterChainConfigPerRoute", {"filter_chain": chain})


def build_too_large(path: str, limit: int) -> Any:
    """Bodies that announce more than `limit` bytes go to the listener that reads them, then refuses: refused at once,
    their clients, which send before they read, would find a broken connection and no reason.
    """
    announced = HeaderMatcher(name="content-length", range_match=Int64Range(start=limit + 1, end=READ_TO_ITS_END))
    return RouteEntry(
        name="too-large",
        match=RouteMatch(path_separated_prefix=path, headers=[announced]),
        route=RouteAction(cluster=REFUSED, timeout=Duration(seconds=GRACE)),
    )
