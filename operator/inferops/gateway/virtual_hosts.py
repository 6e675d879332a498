"""Routes -> Envoy's virtual hosts: who may come in, how long and how large, and what an instance at rest answers.

The header x-vhost decides which virtual host a request belongs to. It is ours alone (see bootstrap.yaml):

    h:<host name>          as the request came
    i:<id>                 /v2/<id>/openai/v1/...
    m:<namespace>/<model>  shared host, by the model in the body and the namespace of the key
    l:<client id>          shared host, /v1/models
"""

from typing import Any
from urllib.parse import quote

from envoy.config.core.v3.base_pb2 import DataSource, HeaderValue, HeaderValueOption, Metadata
from envoy.config.route.v3.route_components_pb2 import (
    DirectResponseAction,
    FilterConfig,
    HeaderMatcher,
    RetryPolicy,
    RouteAction,
    RouteMatch,
    VirtualHost,
)
from envoy.config.route.v3.route_components_pb2 import Route as RouteEntry
from envoy.extensions.filters.http.api_key_auth.v3.api_key_auth_pb2 import (
    ApiKeyAuthPerRoute,
    Credential,
    Forwarding,
    KeySource,
)
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import CheckSettings, ExtAuthzPerRoute
from envoy.extensions.filters.http.lua.v3.lua_pb2 import LuaPerRoute
from envoy.type.v3.range_pb2 import Int64Range
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.wrappers_pb2 import UInt32Value, UInt64Value

from inferops.gateway.resources import FILTERS, TYPE_PREFIX, pack, pack_json
from inferops.gateway.routes import Route

TABLE = "main"
"""Name of the route table. The resource name of a virtual host is `<table>/<name>`, and has no other slash."""
CLIENT_HEADER, KEY_HEADER, ANYONE_HEADER, PREFIX_HEADER = "x-client-id", "x-key-hash", "x-anyone", "x-prefix-hash"
METADATA = "inferops"
"""Namespace of our metadata on routes and requests."""
NOBODY = "-"
"""No client has this id. An empty list of allowed clients would mean everybody."""
RETRY_ON = "connect-failure,refused-stream,reset-before-request"
"""Only what no engine has seen. A request that broke an engine would, tried again, break the next one too."""
RETRIES = RetryPolicy(
    retry_on=RETRY_ON,
    num_retries=UInt32Value(value=1 << 15),
    retry_back_off=RetryPolicy.RetryBackOff(
        base_interval=Duration(nanos=20_000_000), max_interval=Duration(nanos=250_000_000)
    ),
)
"""Until the route's own timeout: this is how requests wait while control is away."""
GRACE = 60
"""Seconds that a silent stream gets over the longest silence that is allowed."""
TOO_LARGE = "too-large"
"""Cluster of bootstrap.yaml."""
READ_TO_ITS_END = 1 << 30
"""A body that announces more than this is refused without being read."""
STOPPED_RETRY_AFTER = "60"
STOPPED = "This instance is stopped. Start it by setting spec.stopped to false."


def virtual_host_name(route_id: str) -> str:
    """Resource name of an instance's virtual host."""
    return f"{TABLE}/{route_id}"


def model_domain(namespace: str, model: str) -> str:
    """x-vhost of a model on the shared host; lua/model.lua spells it the same."""
    return f"m:{namespace}/{quote(model, safe='/:@+~')}"


def build_virtual_host(route: Route, *, held: bool) -> Any:
    """An instance's virtual host; `held`: its requests wait for control's word."""
    host = VirtualHost(
        name=virtual_host_name(route.id),
        domains=[
            *(f"h:{host}" for host in route.hosts),
            f"i:{route.id}",
            *(model_domain(route.namespace, model) for model in route.models),
        ],
        request_body_buffer_limit=UInt64Value(value=route.limits.request_bytes),
        typed_per_filter_config={"auth": build_auth(route.clients)},
    )
    if route.stopped:
        host.routes.append(build_stopped(route))
        return host
    if held:
        settings = CheckSettings(context_extensions={"instance": route.id})
        host.typed_per_filter_config["hold"].CopyFrom(pack(ExtAuthzPerRoute(check_settings=settings)))
    if route.load_balancing == "PrefixHash":
        host.typed_per_filter_config["prefix"].CopyFrom(pack(LuaPerRoute(name="prefix")))
    host.routes.extend(build_forwarding(route))
    return host


def build_auth(clients: tuple[str, ...] | None) -> Any:
    """Who may come in: keys by their clients, or everybody."""
    if clients is None:
        anyone = Credential(key="anyone", client="anyone")
        return pack(ApiKeyAuthPerRoute(credentials=[anyone], key_sources=[KeySource(header=ANYONE_HEADER)]))
    # the header must be named again here, or the client id is not forwarded at all
    forwarding = Forwarding(header=CLIENT_HEADER)
    return pack(ApiKeyAuthPerRoute(allowed_clients=clients or [NOBODY], forwarding=forwarding))


def build_metadata(route_id: str) -> Any:
    """What the access log says of the instance."""
    return Metadata(filter_metadata={METADATA: as_struct({"instance": route_id})})


def as_struct(value: dict[str, Any]) -> Any:
    """A JSON object."""
    struct = Struct()
    struct.update(value)
    return struct


def build_forwarding(route: Route) -> list[Any]:
    """The routes to the engine: everything under /v1, by host and by id, audio with limits of its own."""
    limits = route.limits
    by_id = f"/v2/{route.id}/openai/v1"
    entries = []
    for name, path, timeout, size in (
        ("audio", "/audio", limits.audio_timeout, limits.audio_bytes),
        ("api", "", limits.timeout, limits.request_bytes),
    ):
        for match, rewrite in ((f"/v1{path}", ""), (f"{by_id}{path}", f"/v1{path}")):
            entry = RouteEntry(
                name=name,
                match=RouteMatch(path_separated_prefix=match),
                metadata=build_metadata(route.id),
                route=build_action(route, timeout, rewrite),
                typed_per_filter_config={"size": build_size(size)},
            )
            entries += [build_too_large(match, size, route.id), entry]
    return entries


def build_too_large(path: str, limit: int, route_id: str = "") -> Any:
    """Bodies that announce more than `limit` bytes go to the listener that reads them and then refuses. Refused at once,
    their clients would find a broken connection and no reason.
    """
    announced = HeaderMatcher(name="content-length", range_match=Int64Range(start=limit + 1, end=READ_TO_ITS_END))
    return RouteEntry(
        name="too-large",
        match=RouteMatch(path_separated_prefix=path, headers=[announced]),
        metadata=build_metadata(route_id),
        route=RouteAction(cluster=TOO_LARGE, timeout=Duration(seconds=GRACE)),
        typed_per_filter_config={"hold": pack(ExtAuthzPerRoute(disabled=True))},
    )


def build_action(route: Route, timeout: int, rewrite: str) -> Any:
    """To the engine. The silence before a long answer and the wait for a replica must not end the stream."""
    action = RouteAction(
        cluster=route.id,
        timeout=Duration(seconds=timeout),
        idle_timeout=Duration(seconds=max(timeout, route.limits.hold_timeout) + GRACE),
        retry_policy=RETRIES,
        prefix_rewrite=rewrite,
    )
    if route.load_balancing == "PrefixHash":
        header = RouteAction.HashPolicy.Header(header_name=PREFIX_HEADER)
        action.hash_policy.append(RouteAction.HashPolicy(header=header))
    return action


def build_size(limit: int) -> Any:
    """The largest body, in bytes."""
    size = {"@type": f"{TYPE_PREFIX}{FILTERS}.body_size_limit.v3.BodySizeLimit", "max_request_bytes": limit}
    chain = {"filters": [{"name": "size", "typed_config": size}]}
    return pack_json(f"{FILTERS}.filter_chain.v3.FilterChainConfigPerRoute", {"filter_chain": chain})


def build_stopped(route: Route) -> Any:
    """503 at once. `x-should-retry` tells the `openai` clients that waiting does not help."""
    return RouteEntry(
        name="stopped",
        match=RouteMatch(prefix="/"),
        metadata=build_metadata(route.id),
        direct_response=DirectResponseAction(status=503, body=DataSource(inline_string=STOPPED)),
        response_headers_to_add=[header("retry-after", STOPPED_RETRY_AFTER), header("x-should-retry", "false")],
    )


def header(name: str, value: str) -> Any:
    """A response header, in place of what may be there."""
    action = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    return HeaderValueOption(header=HeaderValue(key=name, value=value), append_action=action)


ENABLED = pack(FilterConfig(config=Packed()))
"""Switches a filter on that the listener has off."""
