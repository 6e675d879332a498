"""Labels, selectors and owner references of everything that we make."""

from typing import Literal

from inferops.names import API_VERSION, INSTANCE_LABEL, MANAGED_BY, REGION_LABEL, Manifest
from inferops.plan.types import Parsed

Component = Literal["engine", "cache", "gateway", "network", "scaling"]
"""What a child is for."""


def instance_selector(parsed: Parsed) -> dict[str, str]:
    """Labels that all pods of the instance have and no others. Selectors are immutable: neither are these."""
    return {"app.kubernetes.io/instance": parsed.id, INSTANCE_LABEL: parsed.name}


def region_selector(parsed: Parsed, region: str) -> dict[str, str]:
    """Labels of the instance's pods in one region."""
    return instance_selector(parsed) | {REGION_LABEL: region}


def child_labels(parsed: Parsed, component: Component, region: str | None = None) -> dict[str, str]:
    """Labels of a child object."""
    selector = instance_selector(parsed) if region is None else region_selector(parsed, region)
    described = {"app.kubernetes.io/name": "inferops-instance", "app.kubernetes.io/component": component}
    return MANAGED_BY | described | selector


def owner_reference(kind: str, name: str, uid: str, *, controller: bool = True) -> list[Manifest]:
    """The owner of a child: the garbage collector deletes the child with it, even while no operator runs.

    Empty without a uid, as in a manifest that no cluster has seen. blockOwnerDeletion stays false: the owner's deletion
    never waits for a child, such as a ScaledObject that KEDA has yet to finalize. `controller`: whether the operator
    takes the child away when nothing plans it any more.
    """
    if not uid:
        return []
    reference = {"apiVersion": API_VERSION, "kind": kind, "name": name, "uid": uid}
    return [reference | {"controller": controller, "blockOwnerDeletion": False}]


def owned_metadata(
    kind: str, owner: Manifest, name: str, labels: dict[str, str], *, controller: bool = True
) -> Manifest:
    """Metadata of an object called `name` that the custom resource `owner` of that kind owns."""
    meta = owner["metadata"]
    metadata = {"name": name, "namespace": meta["namespace"], "labels": labels}
    if references := owner_reference(kind, meta["name"], meta.get("uid", ""), controller=controller):
        metadata["ownerReferences"] = references
    return metadata


def child_metadata(parsed: Parsed, name: str, component: Component, region: str | None = None) -> Manifest:
    """Metadata of a child of the instance."""
    owner = {"metadata": {"namespace": parsed.namespace, "name": parsed.name, "uid": parsed.uid}}
    return owned_metadata("InferenceInstance", owner, name, child_labels(parsed, component, region))
