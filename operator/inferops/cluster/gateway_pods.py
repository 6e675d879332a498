"""What the gateway's pods say of themselves, asked through the API server: nobody else can reach them from outside."""

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import urlencode

from inferops.cluster.inspector import Inspector
from inferops.errors import ClusterError
from inferops.names import Manifest
from inferops.plan.doctor.survey import Link, service_of
from inferops.settings import Settings

HEALTH_PORT = 8001
STATISTICS = f"/stats/prometheus?{urlencode({'filter': '^control_plane.connected_state$'})}"
"""Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/mgmt_server#statistics"""
CONNECTED = re.compile(r"^envoy_control_plane_connected_state\{\} 1$", re.MULTILINE)


async def read_links(inspector: Inspector, settings: Settings, slices: Iterable[Manifest]) -> dict[str, Link]:
    """By the names of the pods to which the gateway's Service leads, ready or not."""
    ours = [each for each in slices if service_of(each) == settings.gateway.service]
    targets = [endpoint.get("targetRef") or {} for each in ours for endpoint in each.get("endpoints") or []]
    pods = sorted({target["name"] for target in targets if target.get("kind") == "Pod"})
    links = await asyncio.gather(*(read_link(inspector, settings.namespace, pod) for pod in pods))
    return dict(zip(pods, links, strict=True))


async def read_link(inspector: Inspector, namespace: str, pod: str) -> Link:
    """One statistic of Envoy."""
    try:
        text = await inspector.read_text(f"/api/v1/namespaces/{namespace}/pods/{pod}:{HEALTH_PORT}/proxy{STATISTICS}")
    except ClusterError as error:
        return Link(refusal=str(error))
    return Link(connected=is_connected(text))


def is_connected(text: str) -> bool:
    """Whether a gateway that answers STATISTICS so has a stream of control's."""
    return CONNECTED.search(text) is not None
