"""What the pods of an instance wrote: a list, or an event stream that goes on."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from inferops.api.answers import Responses, answer_list, problems, show_rows
from inferops.api.auth import Authenticated, Caller, may_manage
from inferops.api.following import Follower, collect
from inferops.api.paging import Page
from inferops.api.problems import unknown, wrong
from inferops.api.services import Given, Services
from inferops.api.translate.logs import read_since, show_line
from inferops.api.writer import patience
from inferops.cluster.client import Scope
from inferops.cluster.pod_logs import LogQuery
from inferops.names import INSTANCE_LABEL, REGION_LABEL, Manifest
from inferops.rest.logs import LogLine
from inferops.rest.problems import FieldError

router = APIRouter(prefix="/instances", tags=["Instances"])
KIND = "InferenceInstance"
LOOK_SECONDS, HEARTBEAT_SECONDS = 1.0, 10.0
"""Between looks whether the caller may still read; between comments that keep proxies from closing a quiet stream."""
STREAM = "text/event-stream"
"""WHATWG HTML, 9.2."""
RESPONSES: Responses = {200: {"content": {STREAM: {"schema": {"type": "string"}}}}, **problems(404, 422)}
Name = Annotated[str, Path(alias="id", examples=["example-inference-instance"])]
RegionNumber = Annotated[int | None, Query(alias="regionId", ge=0, le=2147483647)]
PodName = Annotated[str | None, Query(alias="pod", max_length=253)]
Since = Annotated[
    str | None,
    Query(max_length=40, description="Nothing older: seconds (600) or a moment (2030-01-01T00:00:00Z)."),
]
Tail = Annotated[int, Query(ge=0, le=10_000, description="The last lines of all pods together.")]
Previous = Annotated[bool, Query(description="Of the containers before their last restart.")]


class Asked(NamedTuple):
    """Which lines of which pods."""

    query: LogQuery
    region: str | None
    pod: str | None

    def includes(self, pod: Manifest) -> bool:
        """Whether the pod is asked for."""
        meta = pod["metadata"]
        in_region = self.region in (None, (meta.get("labels") or {}).get(REGION_LABEL))
        return in_region and self.pod in (None, meta["name"])


async def read_asked(
    services: Given,
    region: RegionNumber = None,
    pod: PodName = None,
    since: Since = None,
    tail: Tail = 100,
    previous: Previous = False,
) -> Asked:
    """What the request says of it. Refuses with 422."""
    name = services.world.catalog.region_names.get(region) if region is not None else None
    if region is not None and name is None:
        raise wrong([FieldError(field="regionId", value=region, message="there is no such region")])
    return Asked(LogQuery(tail, read_since(since, services.clock()), previous), name, pod)


@router.get("/{id}/logs", response_model=list[LogLine], responses=RESPONSES, summary="Logs of an instance")
async def read_logs(
    request: Request,
    caller: Authenticated,
    services: Given,
    name: Name,
    asked: Annotated[Asked, Depends(read_asked)],
    follow: Annotated[bool, Query(description="Go on, as an event stream of the same objects.")] = False,
) -> Response:
    """Lines of all its pods by time, the newest last. A stream also tells of pods that come later, and ends with the
    instance or with the key.
    """
    await services.writer.find(KIND, caller.namespace, name)
    scope, client = Scope(caller.namespace, selector=f"{INSTANCE_LABEL}={name}"), services.client
    async with patience():
        pods = [pod for pod in (await client.read_list("Pod", scope))[0] if asked.includes(pod)]
    if asked.pod is not None and not pods:
        raise unknown(f'pod of instance "{name}" called', asked.pod)
    if follow:
        services.seats.check(caller.namespace)
        follower = Follower(client, scope, asked.includes, asked.query)
        return StreamingResponse(stream(services, caller, name, follower), media_type=STREAM)
    async with patience():
        entries = await collect(client, pods, asked.query)
    return answer_list(request, show_rows([show_line(each, services.world.catalog) for each in entries]), Page())


async def stream(services: Services, caller: Caller, name: str, follower: Follower) -> AsyncIterator[bytes]:
    """Events, until the caller leaves or may not read any more."""
    said = 0.0
    with services.seats.take(caller.namespace):
        async with follower.run():
            while is_open(services, caller, name):
                until = time.monotonic() + LOOK_SECONDS
                while (rest := until - time.monotonic()) > 0 and (entry := await follower.next_line(rest)):
                    said = time.monotonic()
                    yield f"data: {show_line(entry, services.world.catalog).model_dump_json()}\n\n".encode()
                if time.monotonic() - said > HEARTBEAT_SECONDS:
                    said = time.monotonic()
                    yield b":\n\n"


def is_open(services: Services, caller: Caller, name: str) -> bool:
    """Whether there is still an instance, the key still opens it, and the process goes on."""
    there = services.world.stores[KIND].get(caller.namespace, name) is not None
    return there and not services.seats.closed and may_manage(services.world, caller, services.clock())
