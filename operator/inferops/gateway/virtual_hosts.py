"""Routes -> Envoy's virtual hosts: under which names, for whom, and what an instance at rest answers.

The header x-vhost decides which virtual host a request belongs to. It is ours alone (see static/requests.yaml):

    h:<host name>          as the request came
    i:<id>                 /v2/<id>/openai/v1/...
    m:<namespace>/<model>  shared host, by the model in the body and the namespace of the key
    models                 shared host, /v1/models

A scope for each of these names leads to the table that has the virtual host. Scopes tell capitals from small letters:
all names here are in lower case, and the module makes them so.
"""

from typing import Any
from urllib.parse import quote

from envoy.config.core.v3.base_pb2 import DataSource
from envoy.config.route.v3.route_components_pb2 import DirectResponseAction, RouteMatch, VirtualHost
from envoy.config.route.v3.route_components_pb2 import Route as RouteEntry
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import CheckSettings, ExtAuthzPerRoute
from google.protobuf.wrappers_pb2 import UInt64Value

from inferops.gateway.forwarding import ABSENT, build_forwarding
from inferops.gateway.headers import build_metadata, set_header
from inferops.gateway.policies import ENGINE, build_policy
from inferops.gateway.resources import build_module_settings, pack
from inferops.gateway.retries import build_retries
from inferops.gateway.routes import Route
from inferops.gateway.tables import virtual_host_name

RETRY_AFTER_STOP = "60"
STOPPED = "This instance is stopped. Start it by setting spec.stopped to false."


def model_domain(namespace: str, model: str) -> str:
    """x-vhost of a model on the shared host; gateway/src/model.rs spells it the same."""
    return f"m:{namespace}/{quote(model, safe='/:@+~')}".lower()


def build_domains(route: Route) -> list[str]:
    """Every x-vhost that leads to the instance."""
    hosts = [f"h:{host}" for host in route.hosts]
    return [*hosts, f"i:{route.id}", *(model_domain(route.namespace, model) for model in route.models)]


def build_virtual_host(route: Route, *, held: bool) -> Any:
    """An instance's virtual host; `held`: its requests wait for control's word."""
    host = VirtualHost(
        name=virtual_host_name(route.id),
        domains=build_domains(route),
        # as much is kept for another try when a replica refuses
        request_body_buffer_limit=UInt64Value(value=route.limits.request_bytes),
        retry_policy=build_retries(resend=route.resend),
        typed_per_filter_config={ENGINE: build_policy(route)},
    )
    host.routes.append(build_stopped(route) if route.stopped else build_forwarding(route))
    if route.shares:
        shares = " ".join(f"{name} {weight}" for name, weight in route.shares)
        host.routes[0].metadata.CopyFrom(build_metadata(shares=shares))
    if route.stopped:
        return host
    if held:
        settings = CheckSettings(context_extensions={"instance": route.id})
        host.typed_per_filter_config["hold"].CopyFrom(pack(ExtAuthzPerRoute(check_settings=settings)))
    else:
        host.typed_per_filter_config["hold"].CopyFrom(ABSENT)
    if route.load_balancing == "PrefixHash":
        host.typed_per_filter_config["prefix"].CopyFrom(build_module_settings("prefix", ""))
    return host


def build_stopped(route: Route) -> Any:
    """503 at once. `x-should-retry` tells the `openai` clients that waiting does not help."""
    return RouteEntry(
        name=route.id,
        match=RouteMatch(prefix="/"),
        direct_response=DirectResponseAction(status=503, body=DataSource(inline_string=STOPPED)),
        response_headers_to_add=[set_header("retry-after", RETRY_AFTER_STOP), set_header("x-should-retry", "false")],
    )
