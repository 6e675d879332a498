"""Everything that goes wrong -> one shape, application/problem+json (RFC 9457). Values of secrets are never shown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from inferops.api.denials import read_denial
from inferops.errors import (
    ClusterError,
    Conflict,
    InferopsError,
    LedgerRefused,
    LedgerUnavailable,
    NotFound,
    Rejected,
    nearest,
)
from inferops.rest.problems import MEDIA_TYPE, FieldError, Problem

RETRY_SECONDS = 5
SECRET_FIELDS = frozenset({"password", "secret", "envs", "caBundle"})
"""Fields of requests whose values are not repeated; private keys stand beside certificates in many files."""
FIELDS = {
    r"^regions": "autoScalingConfigurations",
    r"(?<=\])\.region$": ".regionId",
    r"^(model|registry|hardware)$": r"\1Id",
    r"^apiKeys": "apiKeyIds",
    r"^env\b.*": "envs",
    r"^command.*": "startupCommand",
    r"^args.*": "startupArgs",
    r"^metadata\.name$": "name",
}
"""Where the custom resource and REST call a field differently."""
INVALID = re.compile(r"^Invalid value: [^:]*: ")
"""How the API server begins: with the value, which may be long, and is the caller's own."""
LEDGER_AWAY = "The ledger does not answer: what is used meanwhile is kept, and counted later. Try again."
SHOWN = 200
"""Characters of a value that are repeated."""


class Refusal(InferopsError):
    """A request that is not done, as its caller reads it."""

    def __init__(
        self, status: int, detail: str, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.errors = list(errors)
        self.headers = dict(headers or {})


def unknown(kind: str, name: str, known: Iterable[str] | None = None) -> Refusal:
    """The same for an object of another namespace as for one that nobody has. `known`: names that everybody may see."""
    return Refusal(404, f'There is no {kind} "{name}".{"" if known is None else nearest(name, list(known))}')


def wrong(errors: Sequence[FieldError]) -> Refusal:
    """The request is well-formed and cannot be done."""
    return Refusal(422, " ".join(f"{error.field}: {error.message}" for error in errors), errors)


def unavailable(detail: str) -> Refusal:
    """It may work soon."""
    return Refusal(503, detail, headers={"retry-after": str(RETRY_SECONDS)})


def build_response(request: Request, refusal: Refusal) -> Response:
    """The answer to a request that is not done."""
    problem = Problem(
        title=HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        detail=str(refusal),
        request_id=request.state.request_id,
        errors=refusal.errors,
    )
    content = problem.model_dump_json(by_alias=True)
    return Response(content, refusal.status, refusal.headers, media_type=MEDIA_TYPE)


def explain_cluster(error: ClusterError) -> Refusal:
    """What the API server said, or that it said nothing."""
    if isinstance(error, NotFound):
        return Refusal(404, str(error))
    if isinstance(error, Conflict):
        return Refusal(409, str(error))
    causes = error.causes or read_denial(str(error))
    if isinstance(error, Rejected) and causes and error.status != 403:
        return wrong([explain_cause(path, message) for path, message in causes])
    if isinstance(error, Rejected):
        return Refusal(403 if error.status == 403 else 422, str(error))
    return unavailable("The Kubernetes API server does not answer; nothing is known to have changed. Try again.")


def explain_cause(path: str, message: str) -> FieldError:
    """What a rule of the custom resource says, of the field that it follows from."""
    field = path.removeprefix("spec.")
    for ours, theirs in FIELDS.items():
        field = re.sub(ours, theirs, field)
    return FieldError(field=field, message=INVALID.sub("", message))


def explain_validation(error: RequestValidationError) -> Refusal:
    """Which field, which value, what is wrong with it."""
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return Refusal(400, "The body is not JSON: " + str(details[0].get("ctx", {}).get("error", "")))
    return wrong([explain_field(detail) for detail in details])


def explain_field(detail: Mapping[str, Any]) -> FieldError:
    """One error of pydantic."""
    path = list(detail["loc"])[1:]
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":  # its value may be a password in the wrong place
        return FieldError(field=write_path(path), message="unknown field")
    value = detail.get("input")
    hidden = not SECRET_FIELDS.isdisjoint(map(str, path)) or isinstance(value, dict | list)
    shown = None if hidden else (value[:SHOWN] if isinstance(value, str) else value)
    return FieldError(field=write_path(path) or "body", value=shown, message=message)


def write_path(parts: Sequence[object]) -> str:
    """`autoScalingConfigurations[0].scale.min`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


def add_handlers(app: FastAPI) -> None:
    """Every error that a route raises becomes a problem."""

    @app.exception_handler(Refusal)
    async def on_refusal(request: Request, error: Refusal) -> Response:
        return build_response(request, error)

    @app.exception_handler(ClusterError)
    async def on_cluster(request: Request, error: ClusterError) -> Response:
        return build_response(request, explain_cluster(error))

    @app.exception_handler(LedgerRefused)
    async def on_ledger_refused(request: Request, error: LedgerRefused) -> Response:
        return build_response(request, Refusal(422, str(error)))

    @app.exception_handler(LedgerUnavailable)
    async def on_ledger(request: Request, _: LedgerUnavailable) -> Response:
        return build_response(request, unavailable(LEDGER_AWAY))

    @app.exception_handler(RequestValidationError)
    async def on_validation(request: Request, error: RequestValidationError) -> Response:
        return build_response(request, explain_validation(error))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        sentence = {
            404: f"There is nothing at {request.url.path}.",
            405: f"{request.method} is not possible at {request.url.path}.",
        }
        headers = (
            {"allow": ", ".join(method.upper() for method in find_operations(app.openapi(), request.url.path))}
            if error.status_code == 405
            else error.headers
        )
        refusal = Refusal(error.status_code, sentence.get(error.status_code, error.detail), headers=headers)
        return build_response(request, refusal)


def find_operations(document: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """What is possible at a path, by method: a route knows its own only. Pages beside the document are for reading."""
    operations: Mapping[str, Any] = document["paths"]
    templates = [each for each in operations if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path)]
    exact = min(templates, key=lambda template: template.count("{"), default="")
    found: Mapping[str, Any] = operations.get(exact, {"get": {}})
    return found
