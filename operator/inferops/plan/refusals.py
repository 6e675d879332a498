"""What the API server says against one of our objects -> the field of the instance that it is about."""

import re
from collections.abc import Iterator
from typing import Any

from inferops.errors import Rejected, SpecError
from inferops.names import Manifest
from inferops.plan.types import Plan

TEMPLATE_PATH = re.compile(r"\bspec\.template\.([A-Za-z][^:\s]*)")
"""A field of a Deployment's pod template in a message of the API server."""
SIDECAR = re.compile(r"^spec\.(initContainers\[|containers\[[1-9])")
VALIDATION = {400, 422, 500}
"""Statuses of what a schema or a validation refuses; quotas and policies answer 403."""


def explain_refusal(plan: Plan, error: Rejected) -> SpecError | None:
    """The mistake of the user's behind a refusal, where it can be told; None for a no that may change by itself."""
    found = TEMPLATE_PATH.search(str(error)) if error.status in VALIDATION else None
    patch = plan.resolved.spec.pod_template
    if found is None or not patch or not names_field(patch, found.group(1)):
        return None
    said = str(error)[found.start() :].replace("spec.template.", "spec.podTemplate.")
    return SpecError(f"{said} (what Kubernetes says of the patched pod template)", reason="PodTemplateInvalid")


def names_field(patch: Manifest, path: str) -> bool:
    """Whether a path, such as spec.containers[0].image, leads into the patch: by the field at its end, or because it is
    a container beside the only one that is ours.
    """
    if SIDECAR.search(path):
        return True
    fields = re.findall(r"[A-Za-z][A-Za-z0-9]*", re.sub(r"\[[^\]]*\]", "", path))
    return bool(fields) and fields[-1] in set(walk_fields(patch))


def walk_fields(value: Any) -> Iterator[str]:
    """All field names within a value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from walk_fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk_fields(inner)
