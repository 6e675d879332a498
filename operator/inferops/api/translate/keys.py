"""API keys: bodies <-> ApiKey and the Secret that holds the key."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inferops.api.gitops import read_gitops_owner
from inferops.api.idempotency import ROTATION, Marks
from inferops.api.listing import Row
from inferops.api.translate.fields import Operation, plan_annotations, plan_fields
from inferops.api.translate.moments import created_at, read_moment, updated_at
from inferops.api.translate.names import annotate, derive_name, display_name
from inferops.names import API_VERSION, Manifest
from inferops.plan.apikey import KEY_FIELD
from inferops.plan.conditions import find_condition, timestamp
from inferops.rest.keys import Key, KeyCreate, KeyPatch, ReplacedKey

NAME_LIMIT = 58
"""Characters of a name: Secrets are called after it."""
NOT_YET = "Pending"
DEFAULT_SCOPES = ["inference"]
WITHIN = ("WithinLimits", "WithinBudget")


def build_api_key(body: KeyCreate, namespace: str) -> Manifest:
    """A new one. It names its Secret, so that the operator makes no key of its own."""
    name = derive_name(body.name, longest=NAME_LIMIT, prefix="k")
    wanted = wanted_fields(body, set(type(body).model_fields))
    return {
        "apiVersion": API_VERSION,
        "kind": "ApiKey",
        "metadata": {"namespace": namespace, **annotate(name, body.name)},
        "spec": {"secretRef": own_secret(name), **{field: value for field, value in wanted.items() if value}},
    }


def plan_key_patch(body: KeyCreate | KeyPatch, obj: Manifest) -> list[Operation]:
    """What differs of what the body names."""
    return plan_fields(obj.get("spec") or {}, wanted_fields(body, body.model_fields_set))


def plan_rotation(obj: Manifest, overlap: int | None, marks: Marks | None) -> list[Operation]:
    """The key comes from our Secret from now on, if it does not yet; `marks` are those of the request."""
    spec = obj.get("spec") or {}
    wanted: dict[str, Any] = {"secretRef": own_secret(obj["metadata"]["name"]), "rotate": None}
    left = marks.annotations(ROTATION) if marks else {}
    return [
        *plan_fields(spec, wanted if overlap is None else {**wanted, "rotationOverlap": overlap}),
        *plan_annotations(obj, left),
    ]


def own_secret(name: str) -> Manifest:
    """Where the key is that is made here or by the operator."""
    return {"name": name, "key": KEY_FIELD}


def foreign_secret(obj: Manifest) -> str | None:
    """The Secret of its user that the key comes from; None where it is ours."""
    reference: Manifest | None = (obj.get("spec") or {}).get("secretRef")
    return None if reference in (None, own_secret(obj["metadata"]["name"])) else str((reference or {}).get("name"))


def wanted_fields(body: KeyCreate | KeyPatch, named: set[str]) -> dict[str, Any]:
    """Fields of the spec that follow from the named ones of the body; None for what is to take its default."""
    wanted: dict[str, Any] = {"description": body.description} if "description" in named else {}
    if "scopes" in named:
        wanted["scopes"] = list(dict.fromkeys(body.scopes))
    if "expires_at" in named:
        wanted["expiresAt"] = timestamp(body.expires_at) if body.expires_at else None
    if "limits" in named:
        limits = body.limits.model_dump(by_alias=True, exclude_none=True) if body.limits else {}
        wanted["limits"] = limits or None
    if "budget" in named:
        budget = body.budget
        wanted["budget"] = {"amount": f"{budget.amount:f}", "period": budget.period} if budget else None
    for name, field in (("disabled", "disabled"), ("rotation_overlap", "rotationOverlap")):
        if name in named:
            wanted[field] = getattr(body, name)
    return wanted


def key_row(obj: Manifest, instances: Sequence[Manifest]) -> Row:
    """For lists."""
    key = show_key(obj, instances)
    return Row(key.model_dump_json().encode(), {"name": frozenset({key.name})})


def show_key(obj: Manifest, instances: Sequence[Manifest]) -> Key:
    """All but the key; `instances` are those that name it."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    current = status.get("observedGeneration") == meta.get("generation")
    ready = find_condition(obj, "Ready") if current else None
    return Key(
        id=meta["name"],
        name=display_name(obj),
        description=spec.get("description"),
        scopes=spec.get("scopes") or DEFAULT_SCOPES,
        expires_at=read_given(spec.get("expiresAt")),
        disabled=bool(spec.get("disabled")),
        limits=spec.get("limits") or {},
        budget=spec.get("budget"),
        rotation_overlap=spec.get("rotationOverlap", 0),
        prefix=status.get("prefix"),
        status=ready["reason"] if ready else NOT_YET,
        message=ready["message"] if ready else None,
        warnings=[each["message"] for each in find_doubts(obj)] if current else [],
        replaced=[ReplacedKey(**each) for each in status.get("replaced") or []],
        spent=status.get("spent") if spec.get("budget") else None,
        spent_since=read_given(status.get("spentSince")) if spec.get("budget") else None,
        kept_by=read_gitops_owner(obj) or None,
        instance_ids=sorted(each["metadata"]["name"] for each in instances),
        created_at=created_at(obj),
        updated_at=updated_at(obj),
    )


def find_doubts(obj: Manifest) -> list[Manifest]:
    """Conditions by which the key is near the end of its limits or its budget, or nobody knows."""
    found = (find_condition(obj, kind) for kind in WITHIN)
    return [condition for condition in found if condition and condition["reason"] != condition["type"]]


def read_given(text: str | None) -> datetime | None:
    """A moment of the object, where it has it."""
    return read_moment(text) if text else None
