"""Answers of routes, as bytes: what is ready to send passes through no second serialization."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from inferops.api.etags import build_list_etag, is_known
from inferops.api.listing import Row, join
from inferops.api.paging import LARGEST, Page, build_headers
from inferops.rest.base import Answer
from inferops.rest.problems import MEDIA_TYPE, Problem

JSON = "application/json"
Responses = dict[int | str, dict[str, Any]]
SENTENCES = {
    400: "The request is not HTTP or JSON as it should be.",
    401: "No key, or one that opens nothing.",
    403: "A key without scope manage, or a quota or policy of the cluster says no.",
    404: "There is no such object in the namespace of the key.",
    409: "The object, as it is, stands against it.",
    413: "The body is too long.",
    422: "A field is wrong: which one, and what to do.",
    503: "The API server of Kubernetes, or the ledger, is away; try again after Retry-After seconds.",
}


def problems(*statuses: int) -> Responses:
    """For the OpenAPI document: the refusals of a route, besides those that every route has."""
    every = (*statuses, 401, 403, 503)
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {status: {"description": SENTENCES[status], "content": content} for status in sorted(every)}


def answer(body: Answer, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """One object."""
    return Response(body.model_dump_json(), status, headers, media_type=JSON)


async def read_page(
    limit: Annotated[int | None, Query(ge=1, le=LARGEST, description="At most so many; absent: all.")] = None,
    offset: Annotated[int, Query(ge=0, le=2**31, description="Leave out so many at the beginning.")] = 0,
) -> Page:
    """Which part of a list is asked for."""
    return Page(limit, offset)


Paged = Annotated[Page, Depends(read_page)]


def answer_list(request: Request, rows: Sequence[Row], page: Page) -> Response:
    """A list, or the part of it that is asked for; 304 where the caller has it."""
    body = join(page.cut(rows))
    etag = build_list_etag(body)
    headers = {"etag": etag, **build_headers(page, len(rows), request.url.path, request.url.query)}
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=JSON)


def select(rows: Sequence[Row], wanted: Mapping[str, str | None]) -> Sequence[Row]:
    """Those that have all the values that are asked for."""
    asked = [(field, value) for field, value in wanted.items() if value is not None]
    return [row for row in rows if all(value in row.fields[field] for field, value in asked)] if asked else rows


def show_rows(bodies: Sequence[Answer]) -> list[Row]:
    """Rows of few objects, which are rendered as they are asked for."""
    return [Row(body.model_dump_json().encode(), {}) for body in bodies]
