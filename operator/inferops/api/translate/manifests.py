"""A custom resource as it would stand in Git: what its author says, nothing that the API server or a tool adds. PURE.

Applied to a cluster it makes the same object again.
"""

from collections.abc import Mapping

import yaml

from inferops.api.idempotency import CREATION
from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.specs.base import read_spec
from inferops.specs.instance import InstanceSpec

WIDTH = 120
TOOLS = (
    "kubectl.kubernetes.io/",
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "meta.helm.sh/",
)
"""Prefixes of labels and annotations by which tools find again what they have applied."""


def write_manifest(obj: Manifest) -> str:
    """As YAML."""
    return yaml.safe_dump(build_manifest(obj), sort_keys=False, allow_unicode=True, width=WIDTH)


def build_manifest(obj: Manifest) -> Manifest:
    """Of an InferenceInstance."""
    meta = obj["metadata"]
    labels, annotations = read_own(meta.get("labels") or {}), read_own(meta.get("annotations") or {})
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            **({"labels": labels} if labels else {}),
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": strip_defaults(obj.get("spec") or {}),
    }


def strip_defaults(spec: Manifest) -> Manifest:
    """What differs from the defaults of the custom resource; all of it, where a later version has written more."""
    try:
        return read_spec(InstanceSpec, {"spec": spec}).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    except SpecError:
        return spec


def read_own(pairs: Mapping[str, str]) -> dict[str, str]:
    """Labels or annotations of people."""
    return {name: value for name, value in pairs.items() if name not in CREATION and not name.startswith(TOOLS)}
