"""Instances: from a model to an endpoint that answers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from inferops.api.answers import Paged, Responses, answer_list, problems, select
from inferops.api.auth import Authenticated
from inferops.api.guards import Guarded
from inferops.api.once import Idempotent
from inferops.api.problems import wrong
from inferops.api.references import check_instance
from inferops.api.replies import CONTENT, AsYaml, Replied, Reply, also_yaml, show_all
from inferops.api.services import Given, Services
from inferops.api.translate.fields import Operation
from inferops.api.translate.requests import build_instance, plan_patch
from inferops.api.waiting import Patience, Patient
from inferops.names import Manifest
from inferops.rest.instances import Instance, InstanceCreate, InstanceDetail, InstancePatch

router = APIRouter(prefix="/instances", tags=["Instances"])
KIND = "InferenceInstance"
DRY_RUN: Responses = {200: {"description": "With dryRun: what would be.", "model": Instance, "content": CONTENT}}
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
    "",
    status_code=201,
    response_model=Instance,
    responses=problems(400, 409, 413, 422) | also_yaml(201) | DRY_RUN,
    summary="Create an instance",
)
async def create_instance(
    caller: Authenticated, services: Given, body: InstanceCreate, once: Idempotent, reply: Replied
) -> Response:
    """It begins to start; its status says how far it is."""
    if errors := check_instance(services.world, caller.namespace, body):
        raise wrong(errors)
    manifest = build_instance(body, caller.namespace, services.world.catalog.region_names)
    if reply.dry_run:
        return reply.show(services, await services.writer.create(manifest, dry_run=True))
    made = await once.create(manifest, body.model_dump(mode="json"), services.writer.create)
    return reply.show(services, await reply.settle(services, made.obj), 201, made.headers)


@router.get("/{id}", response_model=InstanceDetail, responses=problems(404) | also_yaml(200), summary="An instance")
async def read_instance(caller: Authenticated, services: Given, name: Name, as_yaml: AsYaml) -> Response:
    """All of it, with what it costs right now and why it is not as it should be."""
    return show_all(services, await services.writer.find(KIND, caller.namespace, name), as_yaml=as_yaml)


@router.patch(
    "/{id}",
    response_model=Instance,
    responses=problems(400, 404, 409, 413, 422) | also_yaml(200),
    summary="Change an instance",
)
async def change_instance(
    caller: Authenticated, services: Given, name: Name, body: InstancePatch, guard: Guarded, reply: Replied
) -> Response:
    """What the body does not name stays as it is."""
    if errors := check_instance(services.world, caller.namespace, body):
        raise wrong(errors)

    def plan(obj: Manifest) -> list[Operation]:
        return plan_patch(body, obj, services.world.catalog.region_names)

    guarded = guard.bind(plan)
    changed = await services.writer.change(KIND, caller.namespace, name, guarded, dry_run=reply.dry_run)
    return reply.show(services, changed if reply.dry_run else await reply.settle(services, changed))


@router.post("/{id}/start", status_code=204, responses=problems(404, 409), summary="Start an instance")
async def start_instance(
    caller: Authenticated, services: Given, name: Name, guard: Guarded, patience: Patient
) -> Response:
    """Undo a stop: scale.min replicas; with 0 of them, the next request wakes it."""
    plan = guard.bind(lambda obj: set_stopped(obj, stopped=False))
    return await show_progress(services, patience, await services.writer.change(KIND, caller.namespace, name, plan))


@router.post("/{id}/stop", status_code=204, responses=problems(404, 409), summary="Stop an instance")
async def stop_instance(
    caller: Authenticated, services: Given, name: Name, guard: Guarded, patience: Patient
) -> Response:
    """No replicas, and requests are refused, until it is started."""
    plan = guard.bind(lambda obj: set_stopped(obj, stopped=True))
    return await show_progress(services, patience, await services.writer.change(KIND, caller.namespace, name, plan))


@router.delete("/{id}", status_code=204, responses=problems(404, 409), summary="Delete an instance")
async def delete_instance(caller: Authenticated, services: Given, name: Name, guard: Guarded) -> Response:
    """With everything that belongs to it."""
    obj = await services.writer.read(KIND, caller.namespace, name)
    guard.check(obj)
    await services.writer.delete(obj)
    return Response(status_code=204)


def set_stopped(obj: Manifest, *, stopped: bool) -> list[Operation]:
    """Nothing where it is so already."""
    if bool((obj.get("spec") or {}).get("stopped")) == stopped:
        return []
    return [{"op": "add", "path": "/spec/stopped", "value": stopped}]


async def show_progress(services: Services, patience: Patience, changed: Manifest) -> Response:
    """204; or 202 and the instance as it is, where the caller waited and it still goes on."""
    obj, settled = await patience.settle(services.world.bell, services.world.stores[KIND], changed)
    reply = Reply(patience, as_yaml=False, dry_run=False)
    return Response(status_code=204) if settled else reply.show(services, obj, 202)
