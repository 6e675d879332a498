"""What there is to choose from: models, hardwares, regions. The same for everybody."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from inferops.api.answers import Paged, answer, answer_list, problems, show_rows
from inferops.api.auth import Authenticated
from inferops.api.problems import unknown
from inferops.api.services import Given
from inferops.api.translate.catalog import show_hardware, show_model, show_region
from inferops.api.world import World
from inferops.rest.hardwares import Hardware
from inferops.rest.models import Model
from inferops.rest.regions import Region

router = APIRouter(tags=["Catalog"])
RegionId = Annotated[int, Path(ge=0, le=2147483647, alias="id", examples=[18])]
Name = Annotated[str, Path(alias="id")]


@router.get("/models", response_model=list[Model], responses=problems(422), summary="Models")
async def list_models(request: Request, _: Authenticated, services: Given, page: Paged) -> Response:
    """Every model that an instance can serve."""
    models = services.world.catalog.models
    return answer_list(request, show_rows([show_model(name, models[name]) for name in sorted(models)]), page)


@router.get("/models/{id}", response_model=Model, responses=problems(404), summary="A model")
async def read_model(_: Authenticated, services: Given, name: Name) -> Response:
    """One model."""
    if (spec := services.world.catalog.models.get(name)) is None:
        raise unknown("model", name, services.world.catalog.models)
    return answer(show_model(name, spec))


@router.get("/hardwares", response_model=list[Hardware], responses=problems(422), summary="Hardwares")
async def list_hardwares(request: Request, _: Authenticated, services: Given, page: Paged) -> Response:
    """Every hardware that a replica can have, and its price."""
    found = services.world.catalog.hardwares
    return answer_list(request, show_rows([show_hardware(name, found[name]) for name in sorted(found)]), page)


@router.get("/hardwares/{id}", response_model=Hardware, responses=problems(404), summary="A hardware")
async def read_hardware(_: Authenticated, services: Given, name: Name) -> Response:
    """One hardware."""
    if (spec := services.world.catalog.hardwares.get(name)) is None:
        raise unknown("hardware", name, services.world.catalog.hardwares)
    return answer(show_hardware(name, spec))


@router.get("/regions", response_model=list[Region], responses=problems(422), summary="Regions")
async def list_regions(request: Request, _: Authenticated, services: Given, page: Paged) -> Response:
    """Every region, and how many replicas of each hardware would still fit there."""
    numbers = services.world.catalog.region_names
    rows = show_rows([find_region(services.world, number) for number in sorted(numbers)])
    return answer_list(request, rows, page)


@router.get("/regions/{id}", response_model=Region, responses=problems(404, 422), summary="A region")
async def read_region(_: Authenticated, services: Given, number: RegionId) -> Response:
    """One region."""
    return answer(find_region(services.world, number))


def find_region(world: World, number: int) -> Region:
    """By the number that REST knows it by. Refuses with 404."""
    name = world.catalog.region_names.get(number)
    obj = world.stores["Region"].get("", name) if name else None
    if name is None or obj is None:
        raise unknown("region", str(number), map(str, world.catalog.region_names))
    return show_region(obj, world.catalog.regions[name])
