"""The routes to an engine: everything under /v1, how long and how large."""

from typing import Any

from envoy.config.core.v3.http_uri_pb2 import HttpUri
from envoy.config.route.v3.route_components_pb2 import FilterConfig, HeaderMatcher, RouteAction, RouteMatch
from envoy.config.route.v3.route_components_pb2 import Route as RouteEntry
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import (
    AuthorizationResponse,
    BufferSettings,
    CheckSettings,
    ExtAuthzPerRoute,
    HttpService,
)
from envoy.type.matcher.v3.string_pb2 import ListStringMatcher, StringMatcher
from envoy.type.v3.range_pb2 import Int64Range
from google.protobuf.duration_pb2 import Duration

from inferops.gateway.headers import HOST_HEADER, PREFIX_HEADER, UNSUPPORTED_HEADER
from inferops.gateway.resources import FILTERS, TYPE_PREFIX, pack, pack_json
from inferops.gateway.retries import build_target
from inferops.gateway.routes import LARGEST_REQUEST, USUAL_REQUEST_BYTES, Route

GRACE = 60
"""Seconds that a silent stream gets over the longest silence that is allowed."""
REFUSED, UPLOADS = "refused", "uploads"
"""Clusters of static/bootstrap.yaml."""
JUDGED = pack(
    ExtAuthzPerRoute(
        check_settings=CheckSettings(
            with_request_body=BufferSettings(max_request_bytes=8192, allow_partial_message=True),
            http_service=HttpService(
                server_uri=HttpUri(uri="http://uploads", cluster=UPLOADS, timeout=Duration(seconds=1)),
                authorization_response=AuthorizationResponse(
                    allowed_upstream_headers=ListStringMatcher(
                        patterns=[StringMatcher(exact=name) for name in (HOST_HEADER, UNSUPPORTED_HEADER)]
                    )
                ),
            ),
        )
    )
)
"""What asks control about cold instances asks lua/upload.lua about audio uploads: the body goes on after 8 KiB."""
ABSENT = pack(FilterConfig(disabled=True))
"""A filter that is not even made for a request. One that is made and has nothing to do costs microseconds. Which ones
are made follows from the first look at the routes; where it finds none (/v2/<id>), all are.
"""
NOT_HELD = pack(ExtAuthzPerRoute(disabled=True))
NO_AUDIO = HeaderMatcher(name=":path", string_match=StringMatcher(prefix="/v1/audio/"), invert_match=True)
READ_TO_ITS_END = LARGEST_REQUEST + 1
"""A body that announces as much is refused without being read."""


def build_forwarding(route: Route, *, held: bool) -> list[Any]:
    """Everything under /v1; audio with limits of its own, and files judged by the first bytes, unless they wait. What
    neither path takes is too large: one route for it, not two, since each costs every instance memory.
    """
    limits = route.limits
    audio = build_forward("/v1/audio", route, limits.audio_timeout, limits.audio_bytes)
    other = build_forward("/v1", route, limits.timeout, limits.request_bytes)
    other.match.headers.append(NO_AUDIO)
    refused = build_refused("/v1")
    if held:
        refused.typed_per_filter_config["hold"].CopyFrom(NOT_HELD)
    else:
        audio.typed_per_filter_config["hold"].CopyFrom(JUDGED)
    return [audio, other, refused]


def build_forward(path: str, route: Route, timeout: int, size: int) -> Any:
    """One path: bodies that are not too large, as far as they say."""
    forward = RouteEntry(
        name=path,
        match=RouteMatch(path_separated_prefix=path, headers=[build_announced(size, invert=True)]),
        route=build_action(route, timeout),
    )
    if size != USUAL_REQUEST_BYTES:
        forward.typed_per_filter_config["size"].CopyFrom(build_size(size))
    return forward


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


def build_announced(limit: int, *, invert: bool = False) -> Any:
    """Bodies that announce more than `limit` bytes; `invert`: all others."""
    more = Int64Range(start=limit + 1, end=READ_TO_ITS_END)
    return HeaderMatcher(
        name="content-length", range_match=more, invert_match=invert, treat_missing_header_as_empty=invert
    )


def build_refused(path: str, *headers: Any) -> Any:
    """Bodies that are too large go to the listener that reads them, then refuses: refused at once, their clients, which
    send before they read, would find a broken connection and no reason.
    """
    return RouteEntry(
        name="too-large",
        match=RouteMatch(path_separated_prefix=path, headers=headers),
        route=RouteAction(cluster=REFUSED, timeout=Duration(seconds=GRACE)),
        typed_per_filter_config={"size": ABSENT},
    )
