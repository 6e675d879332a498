"""Labels, selectors and owner references of everything that we make."""

from inferops.names import (
    API_VERSION,
    INSTANCE_LABEL,
    MANAGED_BY,
    REGION_LABEL,
    Manifest,
)
from inferops.plan.types import Resolved

ENGINE_COMPONENT = "engine"


def instance_selector(resolved: Resolved) -> dict[str, str]:
    """Labels that all pods of the instance have and no others. Selectors are immutable: neither are these."""
    return {"app.kubernetes.io/instance": resolved.id, INSTANCE_LABEL: resolved.name}


def region_selector(resolved: Resolved, region: str) -> dict[str, str]:
    """Labels of the instance's pods in one region."""
    return instance_selector(resolved) | {REGION_LABEL: region}


def child_labels(resolved: Resolved, component: str, region: str | None = None) -> dict[str, str]:
    """Labels of a child object."""
    selector = instance_selector(resolved) if region is None else region_selector(resolved, region)
    described = {"app.kubernetes.io/name": "inferops-instance", "app.kubernetes.io/component": component}
    return MANAGED_BY | described | selector


def owner_reference(kind: str, name: str, uid: str) -> list[Manifest]:
    """The owner of a child: the garbage collector deletes the child with it, even while no operator runs.

    Empty without a uid, as in a manifest that no cluster has seen. blockOwnerDeletion stays false: the owner's deletion
    never waits for a child, such as a ScaledObject that KEDA has yet to finalize.
    """
    if not uid:
        return []
    reference = {"apiVersion": API_VERSION, "kind": kind, "name": name, "uid": uid}
    return [reference | {"controller": True, "blockOwnerDeletion": False}]


def owned_metadata(kind: str, owner: Manifest, name: str, labels: dict[str, str]) -> Manifest:
    """Metadata of an object called `name` that the custom resource `owner` of that kind owns."""
    meta = owner["metadata"]
    metadata = {"name": name, "namespace": meta["namespace"], "labels": labels}
    if references := owner_reference(kind, meta["name"], meta.get("uid", "")):
        metadata["ownerReferences"] = references
    return metadata


def child_metadata(resolved: Resolved, name: str, component: str, region: str | None = None) -> Manifest:
    """Metadata of a child of the instance."""
    owner = {"metadata": {"namespace": resolved.namespace, "name": resolved.name, "uid": resolved.uid}}
    return owned_metadata("InferenceInstance", owner, name, child_labels(resolved, component, region))
