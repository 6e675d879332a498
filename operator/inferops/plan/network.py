"""Who may reach model pods: the gateway, which checks keys, Prometheus, and control where a trigger needs metrics."""

from inferops.names import HTTP_PORT, Manifest
from inferops.plan.labels import child_metadata, instance_selector
from inferops.plan.types import Resolved
from inferops.specs.instance import InstanceSpec

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
GATEWAY_POD = {"app.kubernetes.io/name": "inferops", "app.kubernetes.io/component": "gateway"}
CONTROL_POD = {"app.kubernetes.io/name": "inferops", "app.kubernetes.io/component": "control"}
"""Labels that the chart gives to the pods."""
DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]


def plan_network_policy(resolved: Resolved) -> list[Manifest]:
    """Without it anybody in the cluster could ask the engine past the keys."""
    settings = resolved.settings
    if not settings.network.network_policy:
        return []
    pods = [GATEWAY_POD, CONTROL_POD] if asks_engines(resolved.spec) else [GATEWAY_POD]
    sources = [peer(settings.namespace) | {"podSelector": {"matchLabels": labels}} for labels in pods]
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


def asks_engines(spec: InstanceSpec) -> bool:
    """Whether a trigger needs the engines' own metrics."""
    triggers = (region.scale.triggers for region in spec.regions)
    return any(each is not None and (each.tokens or each.queue) for each in triggers)


def peer(namespace: str) -> Manifest:
    """All pods of a namespace."""
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: namespace}}}
