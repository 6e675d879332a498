"""Strategic merge of spec.podTemplate into the pod template: the escape hatch.

Lists that Kubernetes merges by a key are merged by it, others are replaced; null deletes, and so do the directives
`$patch: delete` and `$patch: replace` (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch).
"""

import copy
from typing import Any

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.owned import check_owned

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "topologySpreadConstraints": "topologyKey",
    "hostAliases": "ip",
    "resourceClaims": "name",
}
"""`patchMergeKey` of the lists in core/v1 PodTemplateSpec."""
DIRECTIVE = "$patch"


def patch_pod_template(template: Manifest, patch: Manifest | None) -> Manifest:
    """The template with the patch merged in. Raises SpecError where the patch takes away what the operator needs."""
    if not patch:
        return template
    try:
        patched: Manifest = merge_objects(template, patch, "spec.podTemplate")
        check_owned(patched, template)
    except (AttributeError, TypeError):
        text = "spec.podTemplate has a list, an object or a value where core/v1 PodTemplateSpec has another of these"
        raise SpecError(text, reason="PodTemplateInvalid") from None
    return patched


def merge_objects(base: Manifest, patch: Manifest, path: str) -> Manifest:
    """Two objects, the patch's fields winning."""
    if patch.get(DIRECTIVE) == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    result = copy.deepcopy(base)
    for key, value in patch.items():
        if value is None or (isinstance(value, dict) and value.get(DIRECTIVE) == "delete"):
            result.pop(key, None)
        else:
            result[key] = merge_values(key, result.get(key), value, f"{path}.{key}")
    return result


def merge_values(key: str, base: Any, value: Any, path: str) -> Any:
    """One field."""
    if isinstance(value, dict):
        return merge_objects(base if isinstance(base, dict) else {}, value, path)
    if isinstance(value, list) and key in MERGE_KEYS:
        return merge_lists(MERGE_KEYS[key], base or [], value, path)
    return value


def merge_lists(merge_key: str, base: list[Manifest], patch: list[Manifest], path: str) -> list[Manifest]:
    """Two lists of objects that `merge_key` tells apart: the base's order, then what is new."""
    if any(item.get(DIRECTIVE) == "replace" for item in patch):
        base, patch = [], [item for item in patch if item.get(DIRECTIVE) != "replace"]
    result = {item[merge_key]: item for item in base}
    for index, item in enumerate(patch):
        if merge_key not in item:
            raise SpecError(f"{path}[{index}]: {merge_key} is missing: it tells the entries of this list apart")
        name = item[merge_key]
        if item.get(DIRECTIVE) == "delete":
            result.pop(name, None)
        else:
            result[name] = merge_objects(result.get(name, {}), item, f"{path}[{name}]")
    return list(result.values())
