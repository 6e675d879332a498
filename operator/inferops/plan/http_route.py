"""The HTTPRoute that leads an instance's host name from a shared Gateway to our gateway (Gateway API v1).

Its backend is our gateway's own Service in another namespace, which a ReferenceGrant there allows
(docs/decisions/7-routes-by-grant.md says why not otherwise). All defaults are written out: lists of the Gateway API
count as a whole, and one that differed by a default would be written again after every restart.
"""

from inferops.names import MANAGED_BY, Manifest
from inferops.plan.labels import child_metadata
from inferops.plan.types import InstanceInputs, Resolved
from inferops.settings import ParentRef

GATEWAY_GROUP = "gateway.networking.k8s.io"


def plan_http_route(resolved: Resolved, inputs: InstanceInputs) -> list[Manifest]:
    """The route and the grant that it needs; nothing where the cluster has no Gateway API."""
    settings = resolved.settings
    if not settings.ingress.makes("HTTPRoute") or not inputs.gateway_api:
        return []
    rule: Manifest = {
        "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
        "backendRefs": [build_backend(resolved)],
        "timeouts": {"request": "0s"},  # our gateway bounds requests; a stream may last longer than any default
    }
    metadata = child_metadata(resolved, resolved.id, "gateway")
    own = resolved.spec.ingress
    if annotations := settings.ingress.annotations | ((own.annotations if own else None) or {}):
        metadata["annotations"] = annotations
    spec: Manifest = {
        "parentRefs": [build_parent(parent) for parent in settings.ingress.parent_refs],
        "hostnames": [resolved.host],
        "rules": [rule],
    }
    route = {"apiVersion": f"{GATEWAY_GROUP}/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}
    return [*plan_grant(resolved, inputs.namespace_uid), route]


def build_parent(parent: ParentRef) -> Manifest:
    """A reference to a Gateway."""
    reference = {"group": GATEWAY_GROUP, "kind": "Gateway", "name": parent.name, "namespace": parent.namespace}
    return reference | ({"sectionName": parent.section_name} if parent.section_name else {})


def build_backend(resolved: Resolved) -> Manifest:
    """A reference to our gateway's Service."""
    gateway = resolved.settings.gateway
    place = {"name": gateway.service, "namespace": resolved.settings.namespace, "port": gateway.service_port}
    return {"group": "", "kind": "Service", **place, "weight": 1}


def plan_grant(resolved: Resolved, namespace_uid: str) -> list[Manifest]:
    """One for all routes of a namespace. The Namespace owns it: an owner may be cluster-scoped, and the grant goes with
    the last that could use it.
    """
    settings, namespace = resolved.settings, resolved.namespace
    if namespace == settings.namespace:
        return []
    metadata: Manifest = {
        "name": f"inferops-{namespace}",
        "namespace": settings.namespace,
        "labels": MANAGED_BY | {"app.kubernetes.io/name": "inferops-grant"},
    }
    if namespace_uid:
        owner = {"apiVersion": "v1", "kind": "Namespace", "name": namespace, "uid": namespace_uid}
        metadata["ownerReferences"] = [owner | {"controller": True, "blockOwnerDeletion": False}]
    spec = {
        "from": [{"group": GATEWAY_GROUP, "kind": "HTTPRoute", "namespace": namespace}],
        "to": [{"group": "", "kind": "Service", "name": settings.gateway.service}],
    }
    return [{"apiVersion": f"{GATEWAY_GROUP}/v1beta1", "kind": "ReferenceGrant", "metadata": metadata, "spec": spec}]
