"""Routes -> Envoy's clusters and their endpoints: where requests go, and how one replica is chosen."""

from typing import Any

from envoy.config.cluster.v3.circuit_breaker_pb2 import CircuitBreakers
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.cluster.v3.outlier_detection_pb2 import OutlierDetection
from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.config.core.v3.base_pb2 import Locality
from envoy.config.core.v3.config_source_pb2 import AggregatedConfigSource, ApiVersion, ConfigSource
from envoy.config.core.v3.health_check_pb2 import HealthStatus
from envoy.config.core.v3.protocol_pb2 import HttpProtocolOptions
from envoy.config.endpoint.v3.endpoint_components_pb2 import Endpoint as Host
from envoy.config.endpoint.v3.endpoint_components_pb2 import LbEndpoint, LocalityLbEndpoints
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2
from envoy.type.v3.percent_pb2 import Percent
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import UInt32Value, UInt64Value

from inferops.gateway.endpoints import Endpoint
from inferops.gateway.headers import build_metadata
from inferops.gateway.resources import pack
from inferops.gateway.routes import Route

ADS = ConfigSource(ads=AggregatedConfigSource(), resource_api_version=ApiVersion.V3)
CONNECT_TIMEOUT = Duration(seconds=2)
UPSTREAM_IDLE = Duration(seconds=4)
"""uvicorn closes an idle connection after 5 s: earlier here, or a request could meet the closing one."""
NO_LIMIT = UInt32Value(value=1 << 16)
"""Engines queue by themselves; Envoy's own limits (1024) would refuse what they could take."""
PLACEHOLDER_REGION = "-"
"""No Region has this name: load reports tell by it which instances have requests that wait in the gateway."""
PLACEHOLDER = Endpoint("127.0.0.1", 1, PLACEHOLDER_REGION)
"""Nothing listens there. A cluster without endpoints fails at once and for good; one that refuses is tried again, so a
request that slips past the hold, or comes while control is away, waits."""
NONE_LEFT = Percent(value=1)
"""Percent of replicas that may be asked, below which all are: draining ones must not be asked as long as another may,
but a replica that is ejected is better than none.
"""
EJECTION = OutlierDetection(
    split_external_local_origin_errors=True,
    consecutive_local_origin_failure=UInt32Value(value=1),
    enforcing_consecutive_local_origin_failure=UInt32Value(value=100),
    enforcing_consecutive_5xx=UInt32Value(value=0),
    enforcing_consecutive_gateway_failure=UInt32Value(value=0),
    enforcing_success_rate=UInt32Value(value=0),
    enforcing_local_origin_success_rate=UInt32Value(value=0),
    interval=Duration(seconds=1),
    base_ejection_time=Duration(seconds=2),
    max_ejection_time=Duration(seconds=20),
    max_ejection_percent=UInt32Value(value=50),
)
"""A replica that cannot be reached, or breaks off, is left out for seconds: one that refuses looks idle, and would get
more than its share. An engine's own answers, of whatever status, eject nobody.
"""
RING_SIZE = UInt64Value(value=1024)
BALANCE = UInt32Value(value=125)
"""Percent of the average load that one replica may have before a prefix moves on to the next one."""

UPSTREAM_OPTIONS = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": pack(
        http_protocol_options_pb2.HttpProtocolOptions(
            common_http_protocol_options=HttpProtocolOptions(idle_timeout=UPSTREAM_IDLE),
            explicit_http_config={"http_protocol_options": {}},
        )
    )
}
THRESHOLD = CircuitBreakers.Thresholds(
    max_connections=NO_LIMIT, max_pending_requests=NO_LIMIT, max_requests=NO_LIMIT, max_retries=NO_LIMIT
)


def build_cluster(route: Route) -> Any:
    """The instance's replicas as one upstream."""
    cluster = Cluster(
        name=route.id,
        type=Cluster.EDS,
        eds_cluster_config=Cluster.EdsClusterConfig(eds_config=ADS),
        connect_timeout=CONNECT_TIMEOUT,
        lb_policy=Cluster.LEAST_REQUEST,
        circuit_breakers=CircuitBreakers(thresholds=[THRESHOLD]),
        typed_extension_protocol_options=UPSTREAM_OPTIONS,
        common_lb_config=Cluster.CommonLbConfig(
            healthy_panic_threshold=NONE_LEFT,
            # who drains or is ejected gets nothing from now on, not from a second later on
            update_merge_window=Duration(),
        ),
    )
    if route.most_replicas > 1:
        cluster.outlier_detection.CopyFrom(EJECTION)
    if route.load_balancing == "PrefixHash":
        cluster.lb_policy = Cluster.RING_HASH
        cluster.ring_hash_lb_config.minimum_ring_size.CopyFrom(RING_SIZE)
        cluster.common_lb_config.consistent_hashing_lb_config.hash_balance_factor.CopyFrom(BALANCE)
    return cluster


def build_endpoints(route: Route) -> Any:
    """The replicas, one locality for each region, since load is reported for each locality, and records name it.

    A replica that is not ready stays listed as DRAINING: it gets no new request, but its open streams still count.
    """
    assignment = ClusterLoadAssignment(cluster_name=route.id)
    hosts = route.endpoints if not route.cold else (PLACEHOLDER, *route.endpoints)
    for region in sorted({host.region for host in hosts}):
        members = [build_host(host) for host in hosts if host.region == region]
        place = LocalityLbEndpoints(locality=Locality(region=region), lb_endpoints=members)
        if region != PLACEHOLDER_REGION:
            place.metadata.CopyFrom(build_metadata(region=region))
        assignment.endpoints.append(place)
    return assignment


def build_host(endpoint: Endpoint) -> Any:
    """One replica."""
    address = SocketAddress(address=endpoint.address, port_value=endpoint.port)
    status = HealthStatus.HEALTHY if endpoint.ready else HealthStatus.DRAINING
    return LbEndpoint(endpoint=Host(address=Address(socket_address=address)), health_status=status)
