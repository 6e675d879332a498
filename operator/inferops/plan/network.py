"""Who may reach model pods: the gateway, which checks keys, and Prometheus."""

from inferops.names import HTTP_PORT, Manifest
from inferops.plan.labels import child_metadata, instance_selector
from inferops.plan.types import Resolved

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
GATEWAY_POD = {"app.kubernetes.io/name": "inferops", "app.kubernetes.io/component": "gateway"}
"""Labels that the chart gives to the gateway's pods."""
DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]


def plan_network_policy(resolved: Resolved) -> list[Manifest]:
    """Without it anybody in the cluster could ask the engine past the keys."""
    settings = resolved.settings
    if not settings.network.network_policy:
        return []
    sources = [peer(settings.namespace) | {"podSelector": {"matchLabels": GATEWAY_POD}}]
    if settings.network.prometheus_namespace:
        sources.append(peer(settings.network.prometheus_namespace))
    spec: Manifest = {
        "podSelector": {"matchLabels": instance_selector(resolved)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": sources, "ports": [{"protocol": "TCP", "port": HTTP_PORT}]}],
    }
    if settings.network.close_egress:
        spec["policyTypes"] = ["Ingress", "Egress"]
        spec["egress"] = [{"ports": DNS_PORTS}]
    metadata = child_metadata(resolved, resolved.id, "network")
    return [{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}]


def peer(namespace: str) -> Manifest:
    """All pods of a namespace."""
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: namespace}}}
