"""What a caller says of an instance -> an InferenceInstance, or what is to change of one.

A field that is null takes the custom resource's default: it is left out. Only podLifetime has a null of its own, never.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from inferops.api.problems import wrong
from inferops.api.translate.fields import Operation, plan_fields
from inferops.api.translate.names import annotate, derive_name
from inferops.api.translate.scaling import build_regions
from inferops.api.translate.traffic import build_limits
from inferops.names import API_VERSION, NAME_LIMIT, Manifest
from inferops.rest.instances import InstanceCreate, InstanceFields, InstancePatch
from inferops.rest.problems import FieldError

PLAIN = {
    "model_id": "model",
    "image": "image",
    "registry_id": "registry",
    "hardware_id": "hardware",
    "container_port": "containerPort",
    "description": "description",
    "pod_lifetime": "podLifetime",
    "auth": "auth",
    "load_balancing": "loadBalancing",
    "resend": "resend",
    "weight": "weight",
}
"""Fields that the custom resource calls otherwise, and has as they are."""
NULLABLE = frozenset({"podLifetime"})


def build_instance(body: InstanceCreate, namespace: str, regions: Mapping[int, str]) -> Manifest:
    """A new one; `regions` are names by number."""
    name = derive_name(body.name, longest=NAME_LIMIT, prefix="i")
    wanted = wanted_fields(body, set(type(body).model_fields), {}, regions)
    return {
        "apiVersion": API_VERSION,
        "kind": "InferenceInstance",
        "metadata": {"namespace": namespace, **annotate(name, body.name)},
        "spec": {field: value for field, value in wanted.items() if value is not None or field in NULLABLE},
    }


def plan_patch(body: InstancePatch, obj: Manifest, regions: Mapping[int, str]) -> list[Operation]:
    """What differs of what the body names (RFC 6902)."""
    spec = obj.get("spec") or {}
    wanted = wanted_fields(body, body.model_fields_set, spec, regions)
    return plan_fields(spec, wanted, NULLABLE)


def wanted_fields(body: InstanceFields, named: set[str], spec: Manifest, regions: Mapping[int, str]) -> dict[str, Any]:
    """Fields of the spec that follow from the named ones of the body; None for what is to take its default."""
    wanted = {field: getattr(body, name) for name, field in PLAIN.items() if name in named}
    if "envs" in named:
        wanted["env"] = build_variables(body.envs or {}, spec.get("env") or []) or None
    if "startup_command" in named:
        wanted["command"] = split_words("startupCommand", body.startup_command)
    if "startup_args" in named:
        wanted["args"] = split_words("startupArgs", body.startup_args)
    if "api_key_ids" in named:
        wanted["apiKeys"] = list(dict.fromkeys(body.api_key_ids or ())) or None
        if wanted["apiKeys"] and "auth" not in body.model_fields_set:
            wanted["auth"] = "ApiKey"  # who names keys wants them asked for
    if "limits" in named:
        wanted["limits"] = build_limits(body.limits)
    if "auto_scaling_configurations" in named and isinstance(body, InstanceCreate | InstancePatch):
        wanted["regions"] = build_regions(body.auto_scaling_configurations, regions)
    return wanted


def build_variables(envs: Mapping[str, str], before: list[Manifest]) -> list[Manifest]:
    """The given ones, and those that take their values from elsewhere: REST neither shows nor drops them."""
    kept = [each for each in before if "valueFrom" in each and each["name"] not in envs]
    return kept + [{"name": name, "value": value} for name, value in envs.items()]


def split_words(field: str, line: str | None) -> list[str] | None:
    """Words, as a shell would split them, which nothing expands. Refuses with 422."""
    try:
        words = shlex.split(line) if line is not None else None
    except ValueError as error:
        raise wrong([FieldError(field=field, value=line, message=f"{error}: close it.")]) from None
    if words == []:
        raise wrong([FieldError(field=field, value=line, message="has no words: send null for none.")])
    return words
