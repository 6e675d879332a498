"""The two Services of an instance: one lists its pods for the gateway, one leads its Ingress to the gateway."""

from inferops.names import HTTP_PORT, Manifest
from inferops.plan.labels import child_metadata, instance_selector
from inferops.plan.types import Resolved


def plan_service(resolved: Resolved) -> Manifest:
    """Headless: its EndpointSlices tell the gateway which pods are ready, and which are about to end."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": child_metadata(resolved, resolved.id, "engine"),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "selector": instance_selector(resolved),
            "ports": [{"name": HTTP_PORT, "port": resolved.port, "targetPort": HTTP_PORT, "protocol": "TCP"}],
        },
    }


def gateway_service_name(resolved: Resolved) -> str:
    """Name of the Service that stands for the gateway."""
    return f"{resolved.id}-gateway"


def plan_gateway_service(resolved: Resolved) -> list[Manifest]:
    """The gateway under a name of the instance's namespace: an Ingress cannot name another namespace's Service."""
    settings = resolved.settings
    if not settings.ingress.makes("Ingress"):
        return []
    gateway = settings.gateway
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": child_metadata(resolved, gateway_service_name(resolved), "gateway"),
            "spec": {
                "type": "ExternalName",
                "externalName": f"{gateway.service}.{settings.namespace}.svc.cluster.local",
                "ports": [{"name": HTTP_PORT, "port": gateway.service_port, "protocol": "TCP"}],
            },
        }
    ]
