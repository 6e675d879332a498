"""Whether what a request names exists, for its caller. An operator would say the same on the instance, later."""

from collections.abc import Iterable, Iterator, Sequence

from inferops.api.catalog import Catalog
from inferops.api.world import World
from inferops.errors import nearest
from inferops.rest.instances import InstanceCreate, InstanceFields, InstancePatch
from inferops.rest.problems import FieldError


def check_instance(world: World, namespace: str, body: InstanceFields) -> list[FieldError]:
    """What is wrong with the names in the body."""
    regions: list[int] = []
    if isinstance(body, InstanceCreate | InstancePatch) and body.auto_scaling_configurations:
        regions = [each.region_id for each in body.auto_scaling_configurations]
    errors = check_catalog(world.catalog, model=body.model_id, hardware=body.hardware_id, regions=regions)
    errors += check_own(world, "Registry", namespace, "registryId", [body.registry_id] if body.registry_id else [])
    errors += check_own(world, "ApiKey", namespace, "apiKeyIds", body.api_key_ids or [])
    return errors


def check_catalog(
    catalog: Catalog, *, model: str | None = None, hardware: str | None = None, regions: Sequence[int] = ()
) -> list[FieldError]:
    """What is for everybody."""
    errors = []
    if model is not None and model not in catalog.models:
        errors.append(tell("modelId", model, "model", catalog.models))
    if hardware is not None and hardware not in catalog.hardwares:
        errors.append(tell("hardwareId", hardware, "hardware", catalog.hardwares))
    return errors + list(check_regions(catalog, regions))


def check_regions(catalog: Catalog, regions: Sequence[int]) -> Iterator[FieldError]:
    """Regions, each of which may be named once."""
    for place, number in enumerate(regions):
        field = f"autoScalingConfigurations[{place}].regionId"
        if number not in catalog.region_names:
            yield tell(field, number, "region", map(str, catalog.region_names))
        elif number in regions[:place]:
            yield FieldError(field=field, value=number, message=f"region {number} is named twice: name it once.")


def check_own(world: World, kind: str, namespace: str, field: str, names: Sequence[str]) -> Iterator[FieldError]:
    """What is the caller's."""
    store = world.stores[kind]
    word = {"Registry": "registry", "ApiKey": "API key"}[kind]
    for name in names:
        if store.get(namespace, name) is None:
            own = (known for where, known in store.names() if where == namespace)
            yield tell(field, name, word, own)


def tell(field: str, value: object, word: str, known: Iterable[str]) -> FieldError:
    """There is no such thing."""
    message = f'there is no {word} "{value}".{nearest(str(value), list(known))}'
    return FieldError(field=field, value=value, message=message)
