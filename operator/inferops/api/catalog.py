"""What the administrators offer, parsed: models, hardwares, regions. PURE."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.specs.base import Spec, read_spec
from inferops.specs.catalog import HardwareSpec, ModelSpec, RegionSpec

SpecT = TypeVar("SpecT", bound=Spec)


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


def build_catalog(models: Iterable[Manifest], hardwares: Iterable[Manifest], regions: Iterable[Manifest]) -> Catalog:
    """The catalog of all these objects."""
    return Catalog(parse(ModelSpec, models), parse(HardwareSpec, hardwares), parse(RegionSpec, regions))


def parse(model: type[SpecT], objects: Iterable[Manifest]) -> dict[str, SpecT]:
    """Specs by name."""
    parsed = {}
    for obj in objects:
        try:
            parsed[str(obj["metadata"]["name"])] = read_spec(model, obj)
        except SpecError:
            continue
    return parsed
