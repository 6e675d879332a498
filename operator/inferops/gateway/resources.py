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
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from xds.type.v3.typed_struct_pb2 import TypedStruct

TYPE_PREFIX = "type.googleapis.com/"
FILTERS = "envoy.extensions.filters.http"


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


def pack_json(name: str, value: dict[str, Any]) -> Any:
    """A message that is newer than `xds-protos`, as Envoy's own JSON (xds.type.v3.TypedStruct)."""
    return pack(TypedStruct(type_url=TYPE_PREFIX + name, value=ParseDict(value, Struct())))
