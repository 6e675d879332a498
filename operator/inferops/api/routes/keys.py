"""API keys. The key itself is in the answer to its creation or rotation, and nowhere else."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from inferops.api.answers import Paged, answer, answer_list, problems, select
from inferops.api.auth import Authenticated
from inferops.api.etags import build_etag
from inferops.api.guards import Guarded
from inferops.api.key_secrets import create_with_secret, rotate_secret
from inferops.api.once import REPLAYED, Idempotent
from inferops.api.problems import Refusal
from inferops.api.services import Given, Services
from inferops.api.translate.keys import build_api_key, foreign_secret, key_row, plan_key_patch, show_key
from inferops.names import Manifest
from inferops.rest.keys import Key, KeyCreate, KeyPatch, KeyRotation, KeyWithSecret

router = APIRouter(prefix="/api-keys", tags=["API keys"])
KIND = "ApiKey"
NAMED = 10
"""Instances that an error names."""
Name = Annotated[str, Path(alias="id", examples=["batch"])]
ChosenName = Annotated[str | None, Query(alias="name", description="Those of that name only.")]


@router.get("", response_model=list[Key], responses=problems(422), summary="API keys")
async def list_keys(
    request: Request, caller: Authenticated, services: Given, page: Paged, chosen: ChosenName = None
) -> Response:
    """Every key of the namespace, by name; the keys themselves are not shown."""
    store = services.world.stores[KIND]
    own = sorted(name for namespace, name in store.names() if namespace == caller.namespace)
    found = [obj for name in own if (obj := store.get(caller.namespace, name))]
    rows = [key_row(obj, instances_of(services, obj)) for obj in found]
    return answer_list(request, select(rows, {"name": chosen}), page)


@router.post(
    "",
    status_code=201,
    response_model=KeyWithSecret,
    responses=problems(400, 409, 413, 422),
    summary="Create an API key",
)
async def create_key(caller: Authenticated, services: Given, body: KeyCreate, once: Idempotent) -> Response:
    """The answer has the key, this one time; it opens what names it as soon as you have it."""
    manifest = build_api_key(body, caller.namespace)
    secrets = list[str]()

    async def create(manifest: Manifest) -> Manifest:
        obj, secret = await asyncio.shield(create_with_secret(services, manifest))
        secrets.append(secret)
        return obj

    made = await once.create(manifest, body.model_dump(mode="json"), create)
    return show_secret(services, made.obj, secrets[0] if secrets else None, 201, made.headers)


@router.get("/{id}", response_model=Key, responses=problems(404), summary="An API key")
async def read_key(caller: Authenticated, services: Given, name: Name) -> Response:
    """All but the key."""
    return show(services, await services.writer.find(KIND, caller.namespace, name))


@router.patch("/{id}", response_model=Key, responses=problems(400, 404, 409, 413, 422), summary="Change an API key")
async def change_key(caller: Authenticated, services: Given, name: Name, body: KeyPatch, guard: Guarded) -> Response:
    """What the body does not name stays as it is."""
    plan = guard.bind(lambda obj: plan_key_patch(body, obj))
    return show(services, await services.writer.change(KIND, caller.namespace, name, plan))


@router.delete("/{id}", status_code=204, responses=problems(404, 409), summary="Delete an API key")
async def delete_key(caller: Authenticated, services: Given, name: Name, guard: Guarded) -> Response:
    """It opens nothing from then on. A key that instances name is not deleted."""
    obj = await services.writer.read(KIND, caller.namespace, name)
    guard.check(obj)
    if attached := instances_of(services, obj):
        raise still_attached(name, [each["metadata"]["name"] for each in attached])
    await services.writer.delete(obj)
    return Response(status_code=204)


@router.post(
    "/{id}/rotate",
    response_model=KeyWithSecret,
    responses=problems(400, 404, 409, 413, 422),
    summary="Rotate an API key",
)
async def rotate_key(
    caller: Authenticated,
    services: Given,
    name: Name,
    guard: Guarded,
    once: Idempotent,
    body: KeyRotation | None = None,
) -> Response:
    """A new key in the place of the old one, which goes on to open for rotationOverlap seconds. The answer has the new
    key, this one time.
    """
    obj = await services.writer.read(KIND, caller.namespace, name)
    if foreign := foreign_secret(obj):
        detail = f'The key "{name}" is kept in Secret "{foreign}", by whoever made that: put the new key there.'
        raise Refusal(409, detail)
    overlap = body.rotation_overlap if body and body.model_fields_set else None
    marks = once.marks({"rotationOverlap": overlap})
    rotated, secret = await asyncio.shield(rotate_secret(services, obj, guard, overlap, marks))
    return show_secret(services, rotated, secret, headers={} if secret else {REPLAYED: "true"})


def instances_of(services: Services, obj: Manifest) -> list[Manifest]:
    """Instances that name the key."""
    meta = obj["metadata"]
    return services.world.stores["InferenceInstance"].referring(KIND, meta["namespace"], meta["name"])


def still_attached(name: str, instances: list[str]) -> Refusal:
    """409 that names the instances."""
    named = sorted(instances)
    shown = ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED} more" if len(named) > NAMED else "")
    return Refusal(409, f'The key "{name}" is named by: {shown}. Take it out of their apiKeyIds first.')


def show(services: Services, obj: Manifest) -> Response:
    """A key as it is now."""
    return answer(show_key(obj, instances_of(services, obj)), headers={"etag": build_etag(obj)})


def show_secret(
    services: Services, obj: Manifest, secret: str | None, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The one answer that has the key, which nobody between us may keep."""
    body = KeyWithSecret(**dict(show_key(obj, instances_of(services, obj))), secret=secret)
    return answer(body, status, {"etag": build_etag(obj), "cache-control": "no-store", **(headers or {})})
