"""What differs between an object and what is wanted of it, as a JSON patch (RFC 6902)."""

from collections.abc import Collection, Mapping
from typing import Any

from inferops.names import Manifest

Operation = dict[str, Any]
ANNOTATIONS = "/metadata/annotations"


def plan_annotations(obj: Manifest, wanted: Mapping[str, str | None]) -> list[Operation]:
    """What differs of annotations; None takes one away."""
    known = obj["metadata"].get("annotations") or {}
    operations: list[Operation] = []
    for name, value in wanted.items():
        path = f"{ANNOTATIONS}/{name.replace('~', '~0').replace('/', '~1')}"
        if value is None and name in known:
            operations.append({"op": "remove", "path": path})
        elif value is not None and known.get(name) != value:
            operations.append({"op": "add", "path": path, "value": value})
    return operations if known or not operations else [{"op": "add", "path": ANNOTATIONS, "value": {}}, *operations]


def plan_fields(spec: Manifest, wanted: Mapping[str, Any], nullable: Collection[str] = ()) -> list[Operation]:
    """None takes a field away, so that its default holds; in `nullable` ones it is a value of its own."""
    operations: list[Operation] = []
    for field, value in wanted.items():
        if value is None and field not in nullable:
            if field in spec:
                operations.append({"op": "remove", "path": f"/spec/{field}"})
        elif field not in spec or spec[field] != value:
            operations.append({"op": "add", "path": f"/spec/{field}", "value": value})
    return operations
