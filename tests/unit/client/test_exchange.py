"""When a request is sent again, and what a failed one says."""

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from inferops.client.call import Call, encode, nothing, one, path_of
from inferops.client.errors import ApiError, Conflict, Invalid, NotFound, Refused, Unavailable, Unreachable
from inferops.client.events import EventReader
from inferops.client.exchange import Patience, Pause, exchange
from inferops.rest.identity import EXAMPLE, Identity
from inferops.rest.registries import RegistryPatch

REQUEST = httpx.Request("GET", "https://api.example.com/ai-inference/me", headers={"x-api-key": "inf-secret"})
PATIENCE = Patience(retries=2, chance=lambda: 0.0)
READ = Call("GET", "/me", one(Identity), repeatable=True)
WRITE = Call("PATCH", "/registries/a", nothing)
Outcome = httpx.Response | httpx.TransportError


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=names, request=REQUEST)


def run(call: Call[Any], outcomes: Sequence[Outcome]) -> tuple[Any, list[float]]:
    """What the call comes to when requests end so, one after another; and the pauses between them."""
    pauses: list[float] = []
    script, left, outcome = exchange(call, REQUEST, PATIENCE), list(outcomes), None
    while True:
        try:
            step = script.send(outcome)
        except StopIteration as end:
            assert not left
            return end.value, pauses
        except ApiError as error:
            assert not left
            return error, pauses
        if isinstance(step, Pause):
            pauses.append(step.seconds)
            outcome = None
        else:
            outcome = left.pop(0)


@pytest.mark.parametrize(
    ("outcomes", "pauses"),
    [
        ([answer(200, EXAMPLE)], []),
        ([answer(503), answer(200, EXAMPLE)], [0.25]),
        ([answer(429, retry_after="2"), answer(502), answer(200, EXAMPLE)], [2.0, 0.5]),
        ([httpx.ReadError("reset"), answer(200, EXAMPLE)], [0.25]),
    ],
)
def test_a_read_is_sent_again_while_that_may_help(outcomes: list[Outcome], pauses: list[float]) -> None:
    assert run(READ, outcomes) == (Identity.model_validate(EXAMPLE), pauses)


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        ([answer(503), answer(503), answer(503)], Unavailable),
        ([answer(503, retry_after="600")], Unavailable),
        ([answer(500)], Unavailable),
        ([answer(404)], NotFound),
        ([httpx.ReadTimeout("")] * 3, Unreachable),
    ],
)
def test_a_read_ends_where_waiting_is_of_no_use(outcomes: list[Outcome], kind: type[ApiError]) -> None:
    assert type(run(READ, outcomes)[0]) is kind


def test_a_change_is_sent_once_where_nobody_knows_whether_it_came() -> None:
    assert isinstance(run(WRITE, [httpx.ReadError("reset")])[0], Unreachable)
    assert isinstance(run(WRITE, [answer(503)])[0], Unavailable)


def test_a_change_that_certainly_never_came_is_sent_again() -> None:
    assert run(WRITE, [httpx.ConnectError("refused"), answer(204)]) == (None, [0.25])


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Invalid), (422, Invalid), (401, Refused), (403, Refused), (409, Conflict)]
)
def test_an_error_says_what_the_problem_says(status: int, kind: type[ApiError]) -> None:
    problem = {"title": "No", "status": status, "detail": "name: is taken", "requestId": "4f2b"}
    error, _ = run(READ, [answer(status, problem)])
    assert type(error) is kind
    assert (str(error), error.status, error.request_id) == ("name: is taken", status, "4f2b")


def test_what_is_not_the_api_is_told_from_it() -> None:
    error, _ = run(READ, [httpx.Response(200, text="<html>", request=REQUEST)])
    assert "is the address right?" in str(error)


def test_an_error_holds_no_key() -> None:
    for outcome in (answer(401), httpx.ReadError("inf")):
        error, _ = run(WRITE, [outcome])
        assert "inf-secret" not in str(error)


def test_an_id_cannot_lead_elsewhere() -> None:
    assert path_of("instances", "../api-keys?x=1") == "/instances/..%2Fapi-keys%3Fx%3D1"


def test_only_what_was_set_is_sent_and_a_password_is_sent_in_the_open() -> None:
    body = RegistryPatch(password=SecretStr("word"), username=None)
    assert encode(body) == b'{"username": null, "password": "word"}'
    assert "word" not in repr(Call("PATCH", "/registries/a", nothing, body=encode(body)))


def test_events_are_their_data_and_heartbeats_are_nothing() -> None:
    reader = EventReader()
    lines = [": waiting", "", "event: line", 'data: {"a":', "data: 1}", "", "data:x", ""]
    assert [data for line in lines for data in reader.feed(line)] == ['{"a":\n1}', "x"]


def test_the_client_brings_nothing_but_httpx_and_the_bodies() -> None:
    heavy = ("kubernetes", "kopf", "aiohttp", "grpc", "fastapi", "inferops.api", "inferops.cluster")
    code = f"import sys, inferops.client; print([each for each in {heavy} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
