"""The Ingress that leads an instance's host name to the gateway."""

from inferops.names import Manifest
from inferops.plan.labels import child_metadata
from inferops.plan.service import gateway_service_name
from inferops.plan.types import Resolved

CERT_MANAGER_ISSUER = "cert-manager.io/cluster-issuer"


def plan_ingress(resolved: Resolved) -> list[Manifest]:
    """One rule: everything under the host goes to the gateway."""
    settings, own = resolved.settings.ingress, resolved.spec.ingress
    if not settings.makes("Ingress"):
        return []
    port = {"number": resolved.settings.gateway.service_port}
    backend = {"service": {"name": gateway_service_name(resolved), "port": port}}
    spec: Manifest = {
        "rules": [{"host": resolved.host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    }
    if class_name := (own.class_name if own else None) or settings.class_name:
        spec["ingressClassName"] = class_name
    tls = own.tls if own else None
    # the installation's certificate is for hosts of its domain, not for a host that the user brings
    if secret := tls.secret_name if tls else (None if resolved.given_host else settings.tls_secret_name):
        spec["tls"] = [{"hosts": [resolved.host], "secretName": secret}]
    metadata = child_metadata(resolved, resolved.id, "gateway")
    annotations = settings.annotations | ((own.annotations if own else None) or {})
    if tls and tls.issuer:
        annotations |= {CERT_MANAGER_ISSUER: tls.issuer}
    if annotations:
        metadata["annotations"] = annotations
    return [{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}]
