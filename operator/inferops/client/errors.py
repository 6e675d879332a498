"""What can go wrong between a program and the REST API, one class for each reaction.

ApiError             status, problem (RFC 9457), request_id
├── Invalid          400, 413, 422: the request makes no sense; `problem.errors` names the fields
├── Refused          401, 403: no key, a wrong one, or one that may not
├── NotFound         404: no such object in the key's namespace
├── Conflict         409, 412: taken, attached, changed meanwhile, or owned by GitOps
├── Unavailable      429, 500 and above: may succeed later
│   └── Unreachable  nobody answered at all; status 0
└── NotReached       an instance did not come to the status that was waited for
"""

import json
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import ValidationError

from inferops.errors import InferopsError
from inferops.rest.problems import Problem

REQUEST_ID = "x-request-id"


class ApiError(InferopsError):
    """The text is a sentence for people and holds no secret."""

    def __init__(self, message: str, status: int = 0, problem: Problem | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem
        self.request_id = problem.request_id if problem else ""
        self.retry_after: float | None = None
        """Seconds after which the server asks to be asked again."""


class Invalid(ApiError):
    """400, 413, 422."""


class Refused(ApiError):
    """401, 403."""


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409, 412."""


class Unavailable(ApiError):
    """429, 500 and above."""


class Unreachable(Unavailable):
    """No answer: no such host, nobody listens, the connection broke, or it took too long."""


class NotReached(ApiError):
    """Waited in vain."""


CLASSES: Mapping[int, type[ApiError]] = {
    400: Invalid, 401: Refused, 403: Refused, 404: NotFound, 409: Conflict, 412: Conflict,
    413: Invalid, 422: Invalid, 429: Unavailable,
}  # fmt: skip
TEMPORARY = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may succeed."""


def read_error(response: httpx.Response) -> ApiError:
    """The error of an answer whose body has been read."""
    problem = read_problem(response)
    family = Unavailable if response.status_code >= 500 else ApiError
    kind = CLASSES.get(response.status_code, family)
    error = kind(problem.detail if problem else describe(response), response.status_code, problem)
    error.request_id = error.request_id or response.headers.get(REQUEST_ID, "")
    error.retry_after = read_retry_after(response)
    return error


def read_problem(response: httpx.Response) -> Problem | None:
    """RFC 9457, or None: proxies and engines answer in shapes of their own."""
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return None


def describe(response: httpx.Response) -> str:
    """What OpenAI-compatible errors say (`{"error": {"message": ...}}`), else the status."""
    try:
        body: Any = json.loads(response.content)
        message = body["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return f"{response.url.copy_with(query=None)} answered {response.status_code} {response.reason_phrase}"
    return str(message)


def read_retry_after(response: httpx.Response) -> float | None:
    """Seconds (RFC 9110, section 10.2.3); the form with a date is not used by our servers."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None


def read_failure(failure: httpx.TransportError, url: httpx.URL) -> Unreachable:
    """Why there is no answer."""
    where = url.copy_with(path="/", query=None)
    if isinstance(failure, httpx.TimeoutException):
        return Unreachable(f"{where} did not answer in time")
    if "CERTIFICATE_VERIFY_FAILED" in str(failure):
        mend = "`inferops login --ca` takes the PEM file of its authority, Client(verify=...) a context that trusts it"
        return Unreachable(f"{where} shows a certificate that is not trusted; {mend}: {failure}")
    return Unreachable(f"{where} cannot be reached: {failure or type(failure).__name__}")
