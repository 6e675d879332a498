"""What a key may call: all that one of scope inference learns here."""

from fastapi import APIRouter, Request, Response

from inferops.api.answers import Paged, answer_list, problems
from inferops.api.auth import Identified
from inferops.api.services import Given
from inferops.api.translate.endpoints import CALLERS, EVERYBODY
from inferops.rest.endpoints import Endpoint

router = APIRouter(tags=["Identity"])


@router.get("/endpoints", response_model=list[Endpoint], responses=problems(422), summary="What the key may call")
async def list_endpoints(request: Request, caller: Identified, services: Given, page: Paged) -> Response:
    """Every instance of the namespace that lets the key in, by name, and where it answers."""
    rows = services.world.endpoints.rows(caller.namespace)
    opened = {*caller.opens, EVERYBODY}
    return answer_list(request, [row for row in rows if not opened.isdisjoint(row.fields[CALLERS])], page)
