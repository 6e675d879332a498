"""What happened to an instance."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from inferops.api.answers import Paged, answer_list, problems, show_rows
from inferops.api.auth import Authenticated
from inferops.api.services import Given
from inferops.api.translate.events import show_events
from inferops.api.writer import patience
from inferops.cluster.client import Scope
from inferops.rest.events import Event

router = APIRouter(prefix="/instances", tags=["Instances"])
KIND = "InferenceInstance"
Name = Annotated[str, Path(alias="id", examples=["example-inference-instance"])]


@router.get("/{id}/events", response_model=list[Event], responses=problems(404, 422), summary="Events of an instance")
async def read_events(request: Request, caller: Authenticated, services: Given, name: Name, page: Paged) -> Response:
    """The newest first, also of pods that are gone. Kubernetes forgets them after an hour."""
    obj = await services.writer.find(KIND, caller.namespace, name)
    async with patience():
        events, _ = await services.client.read_list("Event", Scope(caller.namespace))
    return answer_list(request, show_rows(show_events(obj, events)), page)
