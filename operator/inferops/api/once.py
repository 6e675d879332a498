"""POST with an Idempotency-Key: what it made the first time is the answer the second time, from whichever replica."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Header, Request

from inferops.api.idempotency import (
    CREATION,
    KEY,
    MARK,
    Annotations,
    Marks,
    build_marks,
    parse_idempotency_key,
    read_marks,
)
from inferops.api.problems import Refusal
from inferops.api.services import Given, Services
from inferops.cluster.store import name_of
from inferops.errors import NotFound
from inferops.names import Manifest

REPLAYED = "idempotent-replayed"
Create = Callable[[Manifest], Awaitable[Manifest]]


class Made(NamedTuple):
    """An object, and whether it was there before."""

    obj: Manifest
    replayed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """For the answer."""
        return {REPLAYED: "true"} if self.replayed else {}


class Once:
    """Of one request."""

    def __init__(self, services: Services, operation: str, key: str | None) -> None:
        self._services = services
        self._operation = operation
        self._key = key

    def marks(self, body: Mapping[str, Any]) -> Marks | None:
        """Of the request; None where it has no key."""
        return build_marks(self._key, self._operation, body) if self._key is not None else None

    async def create(self, manifest: Manifest, body: Mapping[str, Any], create: Create) -> Made:
        """Create what the manifest says, or find what the same request created. Refuses with 422 where the key came
        with another body.
        """
        marks = self.marks(body)
        if marks is None:
            return Made(await create(manifest))
        if known := self._find(manifest, marks):
            return Made(known, replayed=True)
        metadata = manifest["metadata"]
        annotations = {**metadata.get("annotations", {}), **marks.annotations()}
        try:
            return Made(await create({**manifest, "metadata": {**metadata, "annotations": annotations}}))
        except Refusal as refusal:
            if refusal.status == 409 and (known := await self._look(manifest, marks)):
                return Made(known, replayed=True)
            raise

    def _find(self, manifest: Manifest, marks: Marks) -> Manifest | None:
        """What the request made, as far as the watches know."""
        store = self._services.world.stores[manifest["kind"]]
        found = store.referring(MARK, manifest["metadata"]["namespace"], marks.key)
        return found[0] if found and is_repeated(found[0], marks) else None

    async def _look(self, manifest: Manifest, marks: Marks) -> Manifest | None:
        """Another replica may have made it a moment ago."""
        try:
            live = await self._services.client.get(manifest["kind"], *name_of(manifest))
        except NotFound:
            return None
        return self._services.world.take(live) if is_repeated(live, marks) else None


def is_repeated(obj: Manifest, marks: Marks, names: Annotations = CREATION) -> bool:
    """Whether it was this very request that left its marks. Refuses with 422 where its key came with another body."""
    made = read_marks(obj, names)
    if made is None or made.key != marks.key:
        return False
    if made.body != marks.body:
        name = obj["metadata"]["name"]
        raise Refusal(
            422, f'This Idempotency-Key came for "{name}" with another body: take a new one for a new request.'
        )
    return True


async def read_once(
    request: Request,
    services: Given,
    key: Annotated[
        str | None,
        Header(
            alias="idempotency-key",
            pattern=f"^{KEY.pattern}$",
            description="One word, such as a UUID. The same key and body again make nothing again.",
        ),
    ] = None,
) -> Once:
    """What the request says of it. Refuses with 400."""
    parsed = parse_idempotency_key(key) if key is not None else None
    if key is not None and parsed is None:
        raise Refusal(400, "Idempotency-Key must be one word of at most 255 ASCII characters, such as a UUID.")
    return Once(services, f"{request.method} {request.url.path}", parsed)


Idempotent = Annotated[Once, Depends(read_once)]
