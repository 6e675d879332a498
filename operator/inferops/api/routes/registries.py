"""Registries: credentials that pull images. Passwords go in and never come out."""

import asyncio
import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from inferops.api.answers import Paged, answer, answer_list, problems, select
from inferops.api.auth import Authenticated
from inferops.api.etags import build_etag
from inferops.api.guards import Guard, Guarded
from inferops.api.once import Idempotent
from inferops.api.services import Given, Services
from inferops.api.translate.registries import (
    build_password,
    build_registry,
    made_secret,
    plan_registry_patch,
    secret_name,
    show_registry,
)
from inferops.names import Manifest
from inferops.rest.registries import Registry, RegistryCreate, RegistryPatch

router = APIRouter(prefix="/registries", tags=["Registries"])
KIND = "Registry"
TAG_BYTES = 5
ChosenName = Annotated[str | None, Query(alias="name", description="Those of that name only.")]
Name = Annotated[str, Path(alias="id", examples=["6721058be81810b9dd045f40"])]


@router.get("", response_model=list[Registry], responses=problems(422), summary="Registries")
async def list_registries(
    request: Request, caller: Authenticated, services: Given, page: Paged, chosen: ChosenName = None
) -> Response:
    """Every registry of the namespace, by name."""
    rows = services.world.listings[KIND].rows(caller.namespace)
    return answer_list(request, select(rows, {"name": chosen}), page)


@router.post(
    "",
    status_code=201,
    response_model=Registry,
    responses=problems(400, 409, 413, 422),
    summary="Create a registry",
)
async def create_registry(caller: Authenticated, services: Given, body: RegistryCreate, once: Idempotent) -> Response:
    """The password is kept in a Secret that goes with the registry."""
    manifest = build_registry(body, caller.namespace, secrets.token_hex(TAG_BYTES))
    made = await once.create(
        manifest, body.model_dump(mode="json"), lambda marked: asyncio.shield(create_whole(services, marked, body))
    )
    return answer(show_registry(made.obj), 201, {"etag": build_etag(made.obj), **made.headers})


@router.get("/{id}", response_model=Registry, responses=problems(404), summary="A registry")
async def read_registry(caller: Authenticated, services: Given, name: Name) -> Response:
    """All but the password."""
    obj = await services.writer.find(KIND, caller.namespace, name)
    return answer(show_registry(obj), headers={"etag": build_etag(obj)})


@router.patch("/{id}", status_code=204, responses=problems(400, 404, 409, 413, 422), summary="Change a registry")
async def change_registry(
    caller: Authenticated, services: Given, name: Name, body: RegistryPatch, guard: Guarded
) -> Response:
    """What the body does not name stays as it is; a new password serves from the next pull of an image on."""
    obj = await services.writer.find(KIND, caller.namespace, name)
    await asyncio.shield(change_whole(services, obj, body, guard))
    return Response(status_code=204)


@router.delete("/{id}", status_code=204, responses=problems(404, 409), summary="Delete a registry")
async def delete_registry(caller: Authenticated, services: Given, name: Name, guard: Guarded) -> Response:
    """With its password. Images that instances already have stay usable."""
    obj = await services.writer.read(KIND, caller.namespace, name)
    guard.check(obj)
    await services.writer.delete(obj)
    return Response(status_code=204)


async def create_whole(services: Services, manifest: Manifest, body: RegistryCreate) -> Manifest:
    """The Registry, then its password, which needs its uid; neither where the second cannot be made."""
    obj = await services.writer.create(manifest)
    if (name := made_secret(obj)) is not None and body.password is not None:
        try:
            await services.writer.create_secret(build_password(obj, name, body.password.get_secret_value()))
        except BaseException:
            await services.writer.delete(obj)
            raise
    return obj


async def change_whole(services: Services, obj: Manifest, body: RegistryPatch, guard: Guard) -> None:
    """A new password comes under a new name, so that the one write of the Registry changes everything at once."""
    before, name = made_secret(obj), None
    if body.password is not None:
        name = secret_name(obj["metadata"]["name"], secrets.token_hex(TAG_BYTES))
        await services.writer.create_secret(build_password(obj, name, body.password.get_secret_value()))
    namespace = obj["metadata"]["namespace"]
    try:
        after = await services.writer.change(
            KIND, namespace, obj["metadata"]["name"], guard.bind(lambda live: plan_registry_patch(body, live, name))
        )
    except BaseException:
        if name:
            await services.writer.delete_secret(namespace, name)
        raise
    if before and before != made_secret(after):
        await services.writer.delete_secret(namespace, before)
