"""What is tried again, so that no request is lost where a replica ends, breaks or is replaced.

    not taken    no replica could be reached, or it took nothing: tried until the route's time is over
    refused      a replica that shuts down says so: likewise
    broken off   a replica took it, and broke before its answer began: sent once more, unless spec.resend is false
    answered     anything that a client has seen the beginning of: never

Envoy has one number of retries for all reasons. What may wait for long and what may happen once are therefore two
places: the first delivery goes straight to a replica and may fail once; the second passes the listener `again`
(static/again.yaml), which waits for a replica without limit and delivers once. The route's weighted clusters lead
there: with refresh_cluster_on_retry, a retry takes one that was not tried.

Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
"""

from typing import Any

from envoy.config.route.v3.route_components_pb2 import HeaderMatcher, RetryPolicy, RouteAction, WeightedCluster
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.wrappers_pb2 import UInt32Value

from inferops.gateway.headers import ELSEWHERE_HEADER
from inferops.gateway.routes import Route

NOT_TAKEN = "connect-failure,refused-stream,reset-before-request,retriable-headers"
BROKEN_OFF = "reset"
AGAIN = "again"
"""Cluster and listener of the second delivery."""
STRAIGHT = 1 << 31
"""Weight of the first delivery's cluster, beside 1 for `again`."""
REFRESH_CLUSTER_ON_RETRY = b"\x70\x01"
"""Field 14 of RetryPolicy, true: `xds-protos` does not have it."""
UNTIL_THE_TIMEOUT = 1 << 15
FIRST_PAUSE, LONGEST_PAUSE = 20_000_000, 250_000_000
"""Nanoseconds between two tries."""


def build_retries(*, resend: bool = False) -> Any:
    """`resend`: any failure leads to the second delivery; else what was not taken is tried without limit."""
    policy = RetryPolicy(
        retry_on=f"{NOT_TAKEN},{BROKEN_OFF}" if resend else NOT_TAKEN,
        num_retries=UInt32Value(value=1 if resend else UNTIL_THE_TIMEOUT),
        retry_back_off=RetryPolicy.RetryBackOff(
            base_interval=Duration(nanos=FIRST_PAUSE), max_interval=Duration(nanos=LONGEST_PAUSE)
        ),
        retriable_headers=[HeaderMatcher(name=ELSEWHERE_HEADER, present_match=True)],
    )
    if resend:
        policy.MergeFromString(REFRESH_CLUSTER_ON_RETRY)
    return policy


def build_second_retries() -> dict[str, Any]:
    """Those of the listener `again`, as JSON."""
    policy: dict[str, Any] = MessageToDict(build_retries(), preserving_proto_field_name=True)
    return policy


def build_target(route: Route) -> Any:
    """RouteAction with the clusters of both deliveries."""
    if not route.resend:
        return RouteAction(cluster=route.id)
    weights = {route.id: STRAIGHT, AGAIN: 1}
    clusters = [
        WeightedCluster.ClusterWeight(name=name, weight=UInt32Value(value=weight)) for name, weight in weights.items()
    ]
    return RouteAction(weighted_clusters=WeightedCluster(clusters=clusters))
