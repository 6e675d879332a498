"""Envoy's messages as named, versioned resources, in the order in which one change must reach Envoy.

Source: Envoy's xDS protocol, https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.config.route.v3.scoped_route_pb2 import ScopedRouteConfiguration
from envoy.extensions.dynamic_modules.v3.dynamic_modules_pb2 import DynamicModuleConfig
from envoy.extensions.filters.http.dynamic_modules.v3.dynamic_modules_pb2 import DynamicModuleFilterPerRoute
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue

TYPE_PREFIX = "type.googleapis.com/"
MODULE = "inferops_gateway"
"""The crate gateway/, with filters of ours: Envoy looks for lib<MODULE>.so."""


def type_url(message: type[Message]) -> str:
    """How a message is called inside an Any."""
    return TYPE_PREFIX + str(message.DESCRIPTOR.full_name)


CLUSTER = type_url(Cluster)
ENDPOINTS = type_url(ClusterLoadAssignment)
EXTENSION = type_url(TypedExtensionConfig)
ROUTES = type_url(RouteConfiguration)
VIRTUAL_HOST = type_url(VirtualHost)
SCOPE = type_url(ScopedRouteConfiguration)
ORDER = (CLUSTER, ENDPOINTS, EXTENSION, ROUTES, VIRTUAL_HOST, SCOPE)
"""Envoy must know a cluster before a virtual host names it, and a virtual host before a name leads there."""
WORDS = ("clusters", "endpoints", "extensions", "routes", "virtual hosts", "scopes")
SHORT_NAMES = dict(zip(ORDER, WORDS, strict=True))
"""What logs and metrics call them."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A message under a name. The version is the content: a restarted control process gives the same one again, so
    that Envoy hears only of what differs.
    """

    kind: str
    name: str
    version: str
    body: bytes
    """The message, serialized."""


def build_resource(message: Any) -> Resource:
    """Pack one of the messages above."""
    body = message.SerializeToString(deterministic=True)
    name = message.cluster_name if isinstance(message, ClusterLoadAssignment) else message.name
    return Resource(type_url(type(message)), name, sha256(body).hexdigest()[:16], body)


def pack(message: Message) -> Any:
    """As an Any, with the same bytes for the same content."""
    return Packed(type_url=type_url(type(message)), value=message.SerializeToString(deterministic=True))


def build_module_settings(name: str, settings: str) -> Any:
    """What a route says to a filter of ours."""
    text = pack(StringValue(value=settings))
    return pack(
        DynamicModuleFilterPerRoute(
            dynamic_module_config=build_module(), per_route_config_name=name, filter_config=text
        )
    )


def build_module() -> Any:
    """The module itself, which stays loaded."""
    return DynamicModuleConfig(name=MODULE, do_not_close=True)
