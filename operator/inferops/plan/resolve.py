"""Names -> what they name: the catalog checks that a schema cannot make."""

from typing import TypeVar

from inferops.errors import SpecError, nearest
from inferops.plan.images import parse_image
from inferops.plan.registry import pull_secret_name
from inferops.plan.types import InstanceInputs, Resolved
from inferops.settings import Settings
from inferops.specs.base import Spec, read_spec
from inferops.specs.catalog import HardwareSpec, ModelSpec, RegionSpec
from inferops.specs.instance import InstanceSpec
from inferops.specs.registry import RegistrySpec
from inferops.specs.scaling import DEFAULT_TRIGGERS

SpecT = TypeVar("SpecT", bound=Spec)


def resolve_instance(inputs: InstanceInputs, settings: Settings) -> Resolved:
    """Parse an instance and look up every name that its pods need. Raises SpecError with the reason for Accepted."""
    meta = inputs.obj["metadata"]
    spec = read_spec(InstanceSpec, inputs.obj)
    model = look_up(inputs, "Model", spec.model, "spec.model", ModelSpec)
    hardware = look_up(inputs, "Hardware", *hardware_name(spec, model), HardwareSpec)
    registry = look_up(inputs, "Registry", spec.registry, "spec.registry", RegistrySpec)
    regions = [look_up_region(inputs, index, region.region) for index, region in enumerate(spec.regions)]
    if hardware is None:
        raise SpecError(
            f'spec.hardware is missing, and Model "{spec.model}" has no default: name a Hardware',
            reason="HardwareNotFound",
        )
    check_triggers(spec, hardware)
    return Resolved(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta.get("uid", ""),
        spec=spec,
        model=model,
        hardware=hardware,
        regions=list(zip(spec.regions, regions, strict=True)),
        image=image_of(spec, model, registry),
        port=spec.container_port or (model.port if model else 0),
        pull_secret=pull_secret_name(spec.registry or "", registry) if registry else None,
        settings=settings,
        keda=inputs.keda,
        claim=inputs.claim,
    )


def hardware_name(spec: InstanceSpec, model: ModelSpec | None) -> tuple[str | None, str]:
    """The Hardware's name and the field that gives it."""
    if spec.hardware is None and model and model.default_hardware:
        return model.default_hardware, f'defaultHardware of Model "{spec.model}"'
    return spec.hardware, "spec.hardware"


def look_up(inputs: InstanceInputs, kind: str, name: str | None, field: str, model: type[SpecT]) -> SpecT | None:
    """The parsed spec of the object that a field names; None where it names none. Raises SpecError <Kind>NotFound."""
    if name is None:
        return None
    obj = inputs.named.get((kind, name))
    if obj is None:
        raise not_found(inputs, kind, name, field)
    try:
        return read_spec(model, obj)
    except SpecError as error:
        raise SpecError(f'{kind} "{name}" is not valid: {error}', reason=f"{kind}Invalid") from None


def look_up_region(inputs: InstanceInputs, index: int, name: str) -> RegionSpec:
    """The Region that an entry of spec.regions names."""
    field = f"spec.regions[{index}].region"
    if region := look_up(inputs, "Region", name, field, RegionSpec):
        return region
    raise not_found(inputs, "Region", name, field)


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


def image_of(spec: InstanceSpec, model: ModelSpec | None, registry: RegistrySpec | None) -> str:
    """The image to run: the model's, the instance's, or the one that the Registry's url names."""
    if model:
        return model.image
    if spec.image:
        return spec.image
    url = registry.url if registry else ""
    if not parse_image(url).repository:
        raise SpecError(
            f'spec.registry: the url of Registry "{spec.registry}" is "{url}", which names no image:'
            " name a model or an image, or give the url an image such as ghcr.io/user/image:tag",
            reason="ImageMissing",
        )
    return url


def check_triggers(spec: InstanceSpec, hardware: HardwareSpec) -> None:
    """A GPU trigger on hardware without a GPU could never act."""
    if hardware.gpu:
        return
    for index, region in enumerate(spec.regions):
        triggers = region.scale.triggers or DEFAULT_TRIGGERS
        given = {"gpuMemory": triggers.gpu_memory, "gpuUtilization": triggers.gpu_utilization}
        for name in (name for name, trigger in given.items() if trigger):
            raise SpecError(
                f"spec.regions[{index}].scale.triggers.{name}: the hardware has no GPU;"
                " take this trigger away or name a Hardware with a GPU"
            )
