"""Names -> what they name: the catalog checks that a schema cannot make."""

from collections.abc import Iterator
from typing import TypeVar

from inferops.errors import SpecError, join_problems, nearest
from inferops.plan.hosts import granted_host
from inferops.plan.image_volumes import is_image, refuse_image_volume
from inferops.plan.images import parse_image
from inferops.plan.registry import pull_secret_name
from inferops.plan.timezones import find_unknown_timezones
from inferops.plan.types import InstanceInputs, Resolved
from inferops.settings import Settings
from inferops.specs.base import Spec, read_spec
from inferops.specs.catalog import HardwareSpec, ModelSpec, RegionSpec
from inferops.specs.instance import InstanceSpec
from inferops.specs.registry import RegistrySpec
from inferops.specs.scaling import DEFAULT_TRIGGERS, ENGINE_TRIGGERS, GPU_TRIGGERS

SpecT = TypeVar("SpecT", bound=Spec)


def resolve_instance(inputs: InstanceInputs, settings: Settings) -> Resolved:
    """Parse an instance and look up every name that its pods need. Raises SpecError with the reason for Accepted; it
    tells of everything that is wrong, not only of the first.
    """
    meta = inputs.obj["metadata"]
    spec = read_spec(InstanceSpec, inputs.obj)
    names = Names(inputs)
    model = names.look_up("Model", spec.model, "spec.model", ModelSpec)
    hardware = names.look_up("Hardware", *hardware_name(spec, model), HardwareSpec)
    registry = names.look_up("Registry", spec.registry, "spec.registry", RegistrySpec)
    regions = [
        names.look_up("Region", region.region, f"spec.regions[{index}].region", RegionSpec)
        for index, region in enumerate(spec.regions)
    ]
    problems = [*names.problems, *find_gaps(spec, model, registry), *find_vain_triggers(spec, hardware, model)]
    problems += find_unknown_timezones(spec)
    if inputs.incapable and model and is_image(model.source):
        problems.append(refuse_image_volume(spec.model or "", model.source or "", inputs.incapable))
    if problems or hardware is None:
        raise join_problems(problems)
    return Resolved(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta.get("uid", ""),
        spec=spec,
        model=model,
        hardware=hardware,
        regions=[(scale, region) for scale, region in zip(spec.regions, regions, strict=True) if region],
        image=model.image if model else spec.image or (registry.url if registry else ""),
        port=spec.container_port or (model.port if model else 0),
        pull_secret=pull_secret_name(spec.registry or "", registry) if registry else None,
        settings=settings,
        keda=inputs.keda,
        claim=inputs.claim,
        given_host=granted_host(inputs, settings),
    )


class Names:
    """Looks names up, and remembers what is wrong with them."""

    def __init__(self, inputs: InstanceInputs) -> None:
        self.problems: list[SpecError] = []
        self._inputs = inputs

    def look_up(self, kind: str, name: str | None, field: str, model: type[SpecT]) -> SpecT | None:
        """The parsed spec of the object that a field names; None where it names none, or none that is any good."""
        if name is None:
            return None
        obj = self._inputs.named.get((kind, name))
        if obj is None:
            self.problems.append(not_found(self._inputs, kind, name, field))
            return None
        try:
            return read_spec(model, obj)
        except SpecError as error:
            self.problems.append(SpecError(f'{kind} "{name}" is not valid: {error}', reason=f"{kind}Invalid"))
            return None


def hardware_name(spec: InstanceSpec, model: ModelSpec | None) -> tuple[str | None, str]:
    """The Hardware's name and the field that gives it."""
    if spec.hardware is None and model and model.default_hardware:
        return model.default_hardware, f'defaultHardware of Model "{spec.model}"'
    return spec.hardware, "spec.hardware"


def not_found(inputs: InstanceInputs, kind: str, name: str, field: str) -> SpecError:
    """The error for a name that nothing has, with the nearest name that something has."""
    where = f' in namespace "{inputs.obj["metadata"]["namespace"]}"' if kind in {"Registry", "ApiKey"} else ""
    hint = nearest(name, inputs.known.get(kind, []))
    return SpecError(f'{field}: there is no {kind} "{name}"{where}.{hint}', reason=f"{kind}NotFound")


def missing_keys(inputs: InstanceInputs) -> list[SpecError]:
    """One error for each ApiKey that the instance names and that does not exist. They never stop its pods."""
    names: list[str] = (inputs.obj.get("spec") or {}).get("apiKeys") or []
    return [
        not_found(inputs, "ApiKey", name, f"spec.apiKeys[{index}]")
        for index, name in enumerate(names)
        if ("ApiKey", name) not in inputs.named
    ]


def find_gaps(spec: InstanceSpec, model: ModelSpec | None, registry: RegistrySpec | None) -> Iterator[SpecError]:
    """What neither the spec nor the objects that it names say."""
    if model and not (spec.hardware or model.default_hardware):
        yield SpecError(
            f'spec.hardware is missing, and Model "{spec.model}" has no default: name a Hardware',
            reason="HardwareNotFound",
        )
    if registry and not (spec.model or spec.image) and not parse_image(registry.url).repository:
        yield SpecError(
            f'spec.registry: the url of Registry "{spec.registry}" is "{registry.url}", which names no image:'
            " name a model or an image, or give the url an image such as ghcr.io/user/image:tag",
            reason="ImageMissing",
        )


def find_vain_triggers(
    spec: InstanceSpec, hardware: HardwareSpec | None, model: ModelSpec | None
) -> Iterator[SpecError]:
    """A trigger that could never act: on hardware without a GPU, or by metrics that the engine does not have."""
    silent: dict[str, str] = {}
    if hardware and not hardware.gpu:
        silent |= dict.fromkeys(
            GPU_TRIGGERS, "the hardware has no GPU; take this trigger away or name a Hardware with a GPU"
        )
    if model and model.engine == "Whisper":
        silent |= dict.fromkeys(
            ENGINE_TRIGGERS, "engine Whisper does not tell it; take this trigger away, or use concurrency"
        )
    for index, region in enumerate(spec.regions):
        given = (region.scale.triggers or DEFAULT_TRIGGERS).model_dump(by_alias=True, exclude_none=True)
        for name in (name for name in silent if name in given):
            yield SpecError(f"spec.regions[{index}].scale.triggers.{name}: {silent[name]}")
