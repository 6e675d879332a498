"""`autoScalingConfigurations` <-> spec.regions."""

from collections.abc import Iterable, Mapping

from inferops.names import Manifest
from inferops.rest.scaling import AutoScaling, Scale, Triggers
from inferops.specs.scaling import DEFAULT_TRIGGERS

DEFAULT_COOLDOWN = 60


def build_regions(configurations: Iterable[AutoScaling], names: Mapping[int, str]) -> list[Manifest]:
    """spec.regions; `names` by the number of the region."""
    return [{"region": names[each.region_id], "scale": build_scale(each.scale)} for each in configurations]


def build_scale(scale: Scale) -> Manifest:
    """What is null takes the custom resource's default."""
    manifest: Manifest = scale.model_dump(by_alias=True, exclude_none=True)
    if not manifest.get("triggers"):
        manifest.pop("triggers", None)
    return manifest


def show_scale(scale: Manifest) -> Scale:
    """A scale as it stands in the custom resource, with its defaults."""
    triggers = scale.get("triggers") or DEFAULT_TRIGGERS.model_dump(by_alias=True, exclude_none=True)
    return Scale(
        min=scale["min"],
        max=scale["max"],
        cooldown_period=scale.get("cooldownPeriod", DEFAULT_COOLDOWN),
        polling_interval=scale.get("pollingInterval"),
        triggers=Triggers.model_validate(triggers),
    )
