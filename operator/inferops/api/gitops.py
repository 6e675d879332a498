"""Whether Argo CD or Flux keeps an object: a change behind its back is undone by its next look. PURE.

Both mark what they apply: Argo CD by annotation `argocd.argoproj.io/tracking-id` (or, by its configuration, a label),
Flux by labels of its toolkit. Where the marks are gone, the field managers still tell.
"""

from typing import NamedTuple

from inferops.names import Manifest

ARGO_TRACKING = "argocd.argoproj.io/tracking-id"
"""`<application>:<group>/<kind>:<namespace>/<name>` (Argo CD, resource tracking)."""
ARGO_LABELS = ("argocd.argoproj.io/instance",)
ARGO_DEFAULT_LABEL = "app.kubernetes.io/instance"
"""Argo CD's label where nothing else is configured; of others too, so it counts only beside its field manager."""
FLUX = {"kustomize.toolkit.fluxcd.io": "Flux Kustomization", "helm.toolkit.fluxcd.io": "Flux HelmRelease"}
MANAGERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
}


KEPT_BY = "keptBy"
"""Beside metadata in the stores: what managedFields said, which are not kept."""


class GitOpsOwner(NamedTuple):
    """Who keeps an object."""

    tool: str
    name: str = ""
    """Of its Application, Kustomization or HelmRelease, where that is known."""

    def __str__(self) -> str:
        return f'{self.tool} "{self.name}"' if self.name else self.tool


def find_gitops_owner(obj: Manifest) -> GitOpsOwner | None:
    """Who keeps the object; None where it is nobody. `obj` has its managedFields."""
    meta = obj["metadata"]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    managers = [entry.get("manager", "") for entry in meta.get("managedFields") or () if is_of_spec(entry)]
    return find_argo(labels, annotations, managers) or find_flux(labels) or find_manager(managers)


def read_gitops_owner(obj: Manifest) -> str:
    """Of an object from a store; empty where it is nobody."""
    owner: str = obj.get(KEPT_BY, "")
    return owner


def find_argo(labels: dict[str, str], annotations: dict[str, str], managers: list[str]) -> GitOpsOwner | None:
    """The Application of Argo CD."""
    if tracked := annotations.get(ARGO_TRACKING):
        return GitOpsOwner("Argo CD application", tracked.partition(":")[0])
    own = any(MANAGERS.get(manager) == "Argo CD" for manager in managers)
    for label in (*ARGO_LABELS, *((ARGO_DEFAULT_LABEL,) if own else ())):
        if name := labels.get(label):
            return GitOpsOwner("Argo CD application", name)
    return None


def find_flux(labels: dict[str, str]) -> GitOpsOwner | None:
    """The Kustomization or HelmRelease of Flux."""
    for prefix, tool in FLUX.items():
        if name := labels.get(f"{prefix}/name"):
            return GitOpsOwner(tool, f"{labels.get(f'{prefix}/namespace', '')}/{name}".lstrip("/"))
    return None


def find_manager(managers: list[str]) -> GitOpsOwner | None:
    """A tool that wrote the spec and left no other mark."""
    tools = (MANAGERS.get(manager) for manager in managers)
    return next((GitOpsOwner(tool) for tool in tools if tool), None)


def is_of_spec(entry: Manifest) -> bool:
    """Whether an entry of managedFields is about the object, rather than its status."""
    return not entry.get("subresource")
