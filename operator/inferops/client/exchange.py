"""PURE: what is done to get an answer, as a script of steps that Client and AsyncClient carry out, each in its way.

A script yields what it needs (a request sent, a pause, another call's answer) and is sent the outcome.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from inferops.client.call import Call
from inferops.client.errors import TEMPORARY, ApiError, Unreachable, read_error, read_failure

T = TypeVar("T")
LONGEST_PAUSE = 30.0
"""Seconds: a server that asks for more gets no second try."""


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds; the outcome is the monotonic time afterwards."""

    seconds: float = 0.0


Step = httpx.Request | Pause | Call[Any]
Script = Generator[Step, Any, T]
"""Outcomes: of a request its response or httpx.TransportError, of a pause the time, of a call its answer."""


@dataclass(frozen=True)
class Patience:
    """How often a failed request is tried again, and after how long: 0.25 s, doubled each time, less up to a half."""

    retries: int
    chance: Callable[[], float]
    """A number from 0 to 1."""

    def pause(self, attempt: int, error: ApiError) -> float:
        """Seconds; what the server asks for comes first."""
        return error.retry_after or 0.25 * 2**attempt * (1 - self.chance() / 2)


def exchange(call: Call[T], request: httpx.Request, patience: Patience) -> Script[T]:
    """The answer of a call. Raises ApiError."""
    for attempt in range(patience.retries + 1):
        outcome = yield request
        if isinstance(outcome, httpx.Response) and outcome.is_success:
            return read(call, outcome)
        error, again = judge(call, request, outcome)
        seconds = patience.pause(attempt, error)
        if not again or attempt == patience.retries or seconds > LONGEST_PAUSE:
            raise error
        yield Pause(seconds)
    raise AssertionError("unreachable: the last attempt returns or raises")


def judge(call: Call[Any], request: httpx.Request, outcome: Any) -> tuple[ApiError, bool]:
    """What went wrong, and whether to try again: what never reached a server always may."""
    if isinstance(outcome, httpx.Response):
        return read_error(outcome), call.repeatable and outcome.status_code in TEMPORARY
    never_sent = isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return read_failure(outcome, request.url), call.repeatable or never_sent


def read(call: Call[T], response: httpx.Response) -> T:
    """The answer in its type; something that is not the API's is told as such."""
    data = response.headers.get(call.header, "").encode() if call.header else response.content
    return read_data(call, data, response.url)


def read_data(call: Call[T], data: bytes, url: httpx.URL) -> T:
    """The same for a part of an answer."""
    try:
        return call.read(data)
    except ValueError:
        where = url.copy_with(query=None)
        raise Unreachable(f"{where} answered, but not as the REST API does: is the address right?") from None
