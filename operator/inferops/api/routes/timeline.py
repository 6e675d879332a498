"""What an instance did in the last hours, as the ledger has it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from inferops.api.answers import answer, problems
from inferops.api.auth import Authenticated
from inferops.api.problems import wrong
from inferops.api.routes.usage import To, find_ledger
from inferops.api.services import Given
from inferops.api.translate.usage import show_timeline
from inferops.metering.reports.timeline import LONGEST, SHORTEST, STEP, parse_window
from inferops.names import instance_id
from inferops.rest.problems import FieldError
from inferops.rest.timeline import Timeline

router = APIRouter(prefix="/instances", tags=["Instances"])
KIND = "InferenceInstance"
Name = Annotated[str, Path(alias="id", examples=["example-inference-instance"])]
From = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=40,
        description="Moment (2030-01-01T06:00:00Z), or seconds before `to` (3600). Absent: six hours.",
        examples=["3600"],
    ),
]
Step = Annotated[int, Query(ge=SHORTEST, le=LONGEST, description="Seconds; at most 1440 steps at once.")]


@router.get(
    "/{id}/timeline", response_model=Timeline, responses=problems(404, 422), summary="Replicas and requests over time"
)
async def read_timeline(
    caller: Authenticated, services: Given, name: Name, from_: From = None, to: To = None, step: Step = STEP
) -> Response:
    """Of the last hours: replicas by region, requests, and how many waited for a replica. Requests count that have
    ended, and for as long as single records are kept.
    """
    ledger = find_ledger(services)
    await services.writer.find(KIND, caller.namespace, name)
    asked = {"instance": instance_id(caller.namespace, name), "from": from_, "to": to, "step": str(step)}
    params = {field: value for field, value in asked.items() if value is not None}
    try:
        parse_window(params, services.clock())
    except ValueError as error:
        field, _, message = str(error).partition(" ")
        raise wrong([FieldError(field=field, value=params.get(field), message=message)]) from None
    return answer(show_timeline(await ledger.timeline(params), services.world.catalog))
