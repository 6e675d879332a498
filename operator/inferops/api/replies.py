"""How a caller wants an instance to be answered: as JSON or, with `Accept: application/yaml`, as the custom resource.
With `?dryRun=true` nothing is changed, only judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Response

from inferops.api.answers import Responses, answer
from inferops.api.etags import build_etag
from inferops.api.services import Services
from inferops.api.translate.instances import show_detail, show_instance
from inferops.api.translate.manifests import write_manifest
from inferops.api.waiting import Patience, Patient
from inferops.names import Manifest

YAML = "application/yaml"
"""RFC 9512."""
CONTENT = {YAML: {"schema": {"type": "string", "description": "The custom resource, for kubectl or Git."}}}


def also_yaml(*statuses: int) -> Responses:
    """For the OpenAPI document: statuses whose answer may be YAML."""
    return {status: {"content": CONTENT} for status in statuses}


async def read_accept(accept: Annotated[str, Header(include_in_schema=False)] = "") -> bool:
    """Whether the caller asks for YAML by its name."""
    return any(each.partition(";")[0].strip().lower() == YAML for each in accept.split(","))


AsYaml = Annotated[bool, Depends(read_accept)]


@dataclass(frozen=True)
class Reply:
    """Of one request."""

    patience: Patience
    as_yaml: bool
    dry_run: bool

    async def settle(self, services: Services, obj: Manifest) -> Manifest:
        """The instance when nothing goes on any more, as far as the caller waits for that."""
        settled, _ = await self.patience.settle(services.world.bell, services.world.stores[obj["kind"]], obj)
        return settled

    def show(
        self, services: Services, obj: Manifest, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """An instance as it is now, or as it would be."""
        if self.as_yaml:
            return answer_yaml(obj, status, headers)
        instance = show_instance(obj, services.world.catalog, services.settings)
        return answer(instance, status, {"etag": build_etag(obj), **(headers or {})})


async def read_reply(
    patience: Patient,
    as_yaml: AsYaml,
    dry_run: Annotated[
        bool, Query(alias="dryRun", description="Change nothing: answer what would be, or what is wrong.")
    ] = False,
) -> Reply:
    """What the request says of it."""
    return Reply(patience, as_yaml, dry_run)


Replied = Annotated[Reply, Depends(read_reply)]


def show_all(services: Services, obj: Manifest, *, as_yaml: bool) -> Response:
    """All of an instance."""
    if as_yaml:
        return answer_yaml(obj)
    return answer(show_detail(obj, services.world.catalog, services.settings), headers={"etag": build_etag(obj)})


def answer_yaml(obj: Manifest, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The custom resource."""
    return Response(write_manifest(obj), status, {"etag": build_etag(obj), **(headers or {})}, media_type=YAML)
