"""The route tables: what all virtual hosts have in common, and the shared host, where the body names the model."""

from collections.abc import Iterator
from typing import Any

from envoy.config.core.v3.base_pb2 import DataSource
from envoy.config.route.v3.route_components_pb2 import (
    DirectResponseAction,
    RouteAction,
    RouteMatch,
    VirtualHost,
)
from envoy.config.route.v3.route_components_pb2 import Route as RouteEntry
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.config.route.v3.scoped_route_pb2 import ScopedRouteConfiguration
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import CheckSettings, ExtAuthzPerRoute
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import UInt64Value

from inferops.gateway.api import build_api_routes
from inferops.gateway.clusters import ADS
from inferops.gateway.forwarding import ABSENT, ENABLED
from inferops.gateway.headers import (
    CLIENT_REQUEST_HEADER,
    CLIENT_REQUEST_ID,
    HOST_HEADER,
    KEY_HEADER,
    set_header,
)
from inferops.gateway.resources import pack
from inferops.gateway.tables import table_names
from inferops.settings import Settings

MAIN = "main"
"""The table of all that is no instance."""
MODELS = "models"
HEARTBEAT = "heartbeat"
"""The table and cluster of requests that wait with heartbeats (gateway/src/heartbeat.rs)."""
AWAY = "The list of models is not at hand. Retry later."
RETRY_AFTER = "2"
SHARED_BODY_BYTES = 64 << 20
"""The shared host reads a whole body before it knows the instance and its own limit."""
NOWHERE = "none"
"""No cluster has this name. A route to one is needed all the same: a direct response has no body limit of its own."""
NOT_FOUND = RouteAction(cluster=NOWHERE, cluster_not_found_response_code=RouteAction.NOT_FOUND)
PREFIX = "prefix"
"""The filter that runs where a virtual host says so. Before the virtual host is known it must be there."""
CONFINED = "sandbox; default-src 'none'"
"""Content-Security-Policy of engines' answers. `/v2/<id>` has the console's own origin: a page that an engine sends
there would have the key of whoever is signed in. A document with this policy has no origin, and runs no script.
"""
OF_THE_ORIGIN = ("set-cookie", "clear-site-data", "nel")
"""Headers by which an engine's answer would speak for its whole host, or even for the domain."""
MODEL = "model"
"""The filter of static/filters.yaml that only the shared host runs: valid key, model in the body, virtual host."""


def build_routing(settings: Settings) -> Iterator[Any]:
    """Everything that does not depend on instances."""
    shared = build_table(MAIN)
    shared.virtual_hosts.extend((build_shared_host(settings), build_models()))
    yield shared
    for host in shared.virtual_hosts:
        yield from (build_scope(domain, MAIN) for domain in host.domains)
    yield from (build_heartbeat(), build_scope(HEARTBEAT, HEARTBEAT))
    for name in table_names():
        table = build_table(name)
        table.vhds.config_source.CopyFrom(ADS)
        table.response_headers_to_add.append(set_header("content-security-policy", CONFINED))
        table.response_headers_to_remove.extend(OF_THE_ORIGIN)
        yield from (table, build_nothing(name), build_scope(f"nothing:{name}", name))


def build_scope(domain: str, table: str) -> Any:
    """Requests with this x-vhost are routed by that table."""
    scope = ScopedRouteConfiguration(name=domain, route_configuration_name=table)
    scope.key.fragments.add(string_key=domain)
    return scope


def build_table(name: str) -> Any:
    """A table without virtual hosts. Those of instances come one by one (VHDS), so that a change sends only what it
    changes.
    """
    return RouteConfiguration(
        name=name,
        vhost_header=HOST_HEADER,
        # the engine learns who calls, but nothing about the key
        request_headers_to_remove=[HOST_HEADER, KEY_HEADER],
        response_headers_to_add=[set_header(CLIENT_REQUEST_HEADER, CLIENT_REQUEST_ID)],
        typed_per_filter_config={
            "hold": pack(ExtAuthzPerRoute(disabled=True)),
            PREFIX: ABSENT,
        },
    )


def build_heartbeat() -> Any:
    """A table of its own: nothing is taken off and no time passes before the listener `delivery` finds the instance."""
    never = Duration()
    action = RouteAction(cluster=HEARTBEAT, timeout=never, idle_timeout=never)
    route = RouteEntry(name=HEARTBEAT, match=RouteMatch(prefix="/"), route=action)
    return RouteConfiguration(
        name=HEARTBEAT,
        vhost_header=HOST_HEADER,
        virtual_hosts=[VirtualHost(name=HEARTBEAT, domains=[HEARTBEAT], routes=[route])],
        typed_per_filter_config={"hold": pack(ExtAuthzPerRoute(disabled=True))},
    )


def build_nothing(table: str) -> Any:
    """A virtual host that no request reaches. Envoy takes an empty list for no answer, and waits 15 seconds for one."""
    return VirtualHost(name=f"{table}/nothing", domains=[f"nothing:{table}"])


def build_models() -> Any:
    """`/v1/models` of a key: control answers. Here is what is said while it is away."""
    check = CheckSettings(context_extensions={MODELS: "true"})
    return VirtualHost(
        name=MODELS,
        domains=[MODELS],
        typed_per_filter_config={"hold": pack(ExtAuthzPerRoute(check_settings=check))},
        routes=[
            RouteEntry(
                match=RouteMatch(prefix="/"),
                direct_response=DirectResponseAction(status=503, body=DataSource(inline_string=AWAY)),
                response_headers_to_add=[set_header("retry-after", RETRY_AFTER)],
            )
        ],
    )


def build_shared_host(settings: Settings) -> Any:
    """The module leads every request on that is for an instance; what it cannot place is not found."""
    return VirtualHost(
        name="shared",
        domains=[f"h:{host}" for host in settings.gateway.shared_hosts],
        request_body_buffer_limit=UInt64Value(value=SHARED_BODY_BYTES),
        routes=[
            RouteEntry(
                match=RouteMatch(path_separated_prefix="/v1"),
                typed_per_filter_config=dict.fromkeys((MODEL, PREFIX), ENABLED),
                route=NOT_FOUND,
            ),
            RouteEntry(
                match=RouteMatch(path_separated_prefix="/v2"),
                typed_per_filter_config={PREFIX: ENABLED},
                route=NOT_FOUND,
            ),
            *build_api_routes(settings),
        ],
    )
