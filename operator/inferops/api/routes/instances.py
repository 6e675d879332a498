"""Instances: from a model to an endpoint that answers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from inferops.api.answers import Paged, answer, answer_list, problems, select
from inferops.api.auth import Authenticated
from inferops.api.etags import build_etag
from inferops.api.problems import wrong
from inferops.api.references import check_instance
from inferops.api.services import Given, Services
from inferops.api.translate.fields import Operation
from inferops.api.translate.instances import show_detail, show_instance
from inferops.api.translate.requests import build_instance, plan_patch
from inferops.names import Manifest
from inferops.rest.instances import Instance, InstanceCreate, InstanceDetail, InstancePatch

router = APIRouter(prefix="/instances", tags=["Instances"])
KIND = "InferenceInstance"
Name = Annotated[str, Path(alias="id", examples=["example-inference-instance"])]


async def read_filter(
    name: str | None = None,
    status: str | None = None,
    model: Annotated[str | None, Query(alias="modelId")] = None,
    hardware: Annotated[str | None, Query(alias="hardwareId")] = None,
    region: Annotated[str | None, Query(alias="regionId")] = None,
) -> dict[str, str | None]:
    """What listed instances must have, by the names of the fields."""
    return {"name": name, "status": status, "modelId": model, "hardwareId": hardware, "regionId": region}


Filter = Annotated[dict[str, str | None], Depends(read_filter)]


@router.get("", response_model=list[Instance], responses=problems(422), summary="Instances")
async def list_instances(
    request: Request, caller: Authenticated, services: Given, page: Paged, wanted: Filter
) -> Response:
    """Every instance of the namespace, by name; or those that have all the values that are asked for."""
    rows = services.world.listings[KIND].rows(caller.namespace)
    return answer_list(request, select(rows, wanted), page)


@router.post(
    "", status_code=201, response_model=Instance, responses=problems(400, 409, 413, 422), summary="Create an instance"
)
async def create_instance(caller: Authenticated, services: Given, body: InstanceCreate) -> Response:
    """It begins to start; its status says how far it is."""
    if errors := check_instance(services.world, caller.namespace, body):
        raise wrong(errors)
    manifest = build_instance(body, caller.namespace, services.world.catalog.region_names)
    return show(services, await services.writer.create(manifest), 201)


@router.get("/{id}", response_model=InstanceDetail, responses=problems(404), summary="An instance")
async def read_instance(caller: Authenticated, services: Given, name: Name) -> Response:
    """All of it, with what it costs right now and why it is not as it should be."""
    obj = await services.writer.find(KIND, caller.namespace, name)
    detail = show_detail(obj, services.world.catalog, services.settings)
    return answer(detail, headers={"etag": build_etag(obj)})


@router.patch(
    "/{id}", response_model=Instance, responses=problems(400, 404, 409, 413, 422), summary="Change an instance"
)
async def change_instance(caller: Authenticated, services: Given, name: Name, body: InstancePatch) -> Response:
    """What the body does not name stays as it is."""
    if errors := check_instance(services.world, caller.namespace, body):
        raise wrong(errors)

    def plan(obj: Manifest) -> list[Operation]:
        return plan_patch(body, obj, services.world.catalog.region_names)

    return show(services, await services.writer.change(KIND, caller.namespace, name, plan))


@router.post("/{id}/start", status_code=204, responses=problems(404, 409), summary="Start an instance")
async def start_instance(caller: Authenticated, services: Given, name: Name) -> Response:
    """Undo a stop: scale.min replicas; with 0 of them, the next request wakes it."""
    await services.writer.change(KIND, caller.namespace, name, lambda obj: set_stopped(obj, stopped=False))
    return Response(status_code=204)


@router.post("/{id}/stop", status_code=204, responses=problems(404, 409), summary="Stop an instance")
async def stop_instance(caller: Authenticated, services: Given, name: Name) -> Response:
    """No replicas, and requests are refused, until it is started."""
    await services.writer.change(KIND, caller.namespace, name, lambda obj: set_stopped(obj, stopped=True))
    return Response(status_code=204)


@router.delete("/{id}", status_code=204, responses=problems(404, 409), summary="Delete an instance")
async def delete_instance(caller: Authenticated, services: Given, name: Name) -> Response:
    """With everything that belongs to it."""
    await services.writer.delete(await services.writer.find(KIND, caller.namespace, name))
    return Response(status_code=204)


def set_stopped(obj: Manifest, *, stopped: bool) -> list[Operation]:
    """Nothing where it is so already."""
    if bool((obj.get("spec") or {}).get("stopped")) == stopped:
        return []
    return [{"op": "add", "path": "/spec/stopped", "value": stopped}]


def show(services: Services, obj: Manifest, status: int = 200) -> Response:
    """An instance as it is now."""
    instance = show_instance(obj, services.world.catalog, services.settings)
    return answer(instance, status, {"etag": build_etag(obj)})
