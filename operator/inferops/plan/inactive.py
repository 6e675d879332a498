"""Fields that users may write and that do nothing yet: one table, so that a condition says so and nobody is misled.

An entry goes when its field acts. The values are those of the manifest; a field at its default misleads nobody.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from inferops.names import Manifest


class Inactive(NamedTuple):
    """A field, and whether a value of it asks for something."""

    path: str
    asks: Callable[[Any], bool] = bool


FIELDS: dict[str, tuple[Inactive, ...]] = {
    "InferenceInstance": (),
    "ApiKey": (Inactive("scopes", lambda value: "manage" in (value or [])),),
    "Registry": (),
}


def inactive_fields(obj: Manifest) -> list[str]:
    """Paths of the object's fields that do nothing yet."""
    spec = obj.get("spec") or {}
    return [f"spec.{field.path}" for field in FIELDS[obj["kind"]] if field.asks(value_at(spec, field.path))]


def value_at(spec: Manifest, path: str) -> Any:
    """The value of a dotted path; None where there is none."""
    value: Any = spec
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def inactive_message(paths: list[str]) -> str:
    """The sentence about them."""
    return f"{' and '.join(paths)} {'do' if len(paths) > 1 else 'does'} nothing yet; everything else acts."
