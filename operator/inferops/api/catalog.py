"""What the administrators offer, parsed: models, hardwares, regions. PURE."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.specs.base import Spec, read_spec
from inferops.specs.catalog import HardwareSpec, ModelSpec, RegionSpec

KINDS: dict[str, tuple[str, type[Spec]]] = {
    "Model": ("models", ModelSpec),
    "Hardware": ("hardwares", HardwareSpec),
    "Region": ("regions", RegionSpec),
}
"""The catalog's kinds, and which field holds each."""


@dataclass(frozen=True)
class Catalog:
    """By name. What does not parse is left out."""

    models: dict[str, ModelSpec] = field(default_factory=dict)
    hardwares: dict[str, HardwareSpec] = field(default_factory=dict)
    regions: dict[str, RegionSpec] = field(default_factory=dict)

    @cached_property
    def region_names(self) -> dict[int, str]:
        """Name of each region, by the number that REST knows it by; of two with one number the first by name."""
        return {spec.id: name for name, spec in sorted(self.regions.items(), reverse=True)}


def change_catalog(catalog: Catalog, kind: str, name: str, obj: Manifest | None) -> Catalog:
    """With the object as it is now, None: without it. The very same catalog where that changes nothing: a thousand
    objects that are read at the start are parsed a thousand times, not a million.
    """
    field_name, model = KINDS[kind]
    before: dict[str, Spec] = getattr(catalog, field_name)
    spec = parse(model, obj) if obj else None
    if before.get(name) == spec:
        return catalog
    after = {key: value for key, value in before.items() if key != name} | ({name: spec} if spec else {})
    changes: dict[str, Any] = {field_name: after}
    return replace(catalog, **changes)


def parse(model: type[Spec], obj: Manifest) -> Spec | None:
    """None where it does not parse."""
    try:
        return read_spec(model, obj)
    except SpecError:
        return None
