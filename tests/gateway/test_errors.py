"""What the gateway itself answers: OpenAI's error objects, whatever went wrong, and ids by which a request is found."""

import asyncio
import json
from typing import Any

import httpx
import openai
import pytest

from inferops.metering.record import parse_record
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of
from tests.gateway.objects import ADMIN, ALICE, BOB, EVE, endpoint_slice, instance
from tests.support.eventually import PATIENCE, eventually

WARM = host_of("warm")
TINY = {"model": "Tiny/Chat-1"}
HEAD = f"host: {WARM}\r\nx-api-key: {ALICE}\r\n"
GET, POST = "GET /v1/models HTTP/1.1\r\n", f"POST {CHAT} HTTP/1.1\r\n"
MIB = 1 << 20


async def speak(gateway: Gateway, request: str) -> tuple[int, dict[str, Any]]:
    """Raw bytes in, status and error object out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(request.encode("latin1"))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5 * PATIENCE)
    while head.startswith(b"HTTP/1.1 100"):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5 * PATIENCE)
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
    body = await reader.readexactly(int(fields["content-length"]))
    writer.close()
    assert fields["content-type"] == "application/json"
    return int(head.split()[1]), json.loads(body)["error"]


MALFORMED: dict[str, tuple[str, int, str]] = {
    "no HTTP": ("hello\r\n\r\n", 400, "bad_request"),
    "an old HTTP": (f"GET /v1/models HTTP/1.0\r\n{HEAD}\r\n", 426, "upgrade_required"),
    "no host": (f"{GET}x-api-key: {ALICE}\r\n\r\n", 400, "bad_request"),
    "two lengths": (f"{POST}{HEAD}content-length: 5\r\ncontent-length: 6\r\n\r\n{{}}", 400, "bad_request"),
    "length and chunks": (
        f"{POST}{HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{{}}",
        400,
        "bad_request",
    ),
    "a header too large": (f"{GET}{HEAD}x-a: {'a' * 70000}\r\n\r\n", 431, "headers_too_large"),
    "too many headers": (f"{GET}{HEAD}" + "x-a: 1\r\n" * 120 + "\r\n", 431, "headers_too_large"),
    "a path too long": (f"GET /v1/{'a' * 70000} HTTP/1.1\r\n{HEAD}\r\n", 431, "headers_too_large"),
}


async def test_what_is_no_request_is_answered_by_an_error_object_too(gateway: Gateway) -> None:
    for name, (request, status, code) in MALFORMED.items():
        answered, error = await speak(gateway, request)
        assert (answered, error["code"]) == (status, code), name
        assert error.keys() == {"message", "type", "param", "code"}, name
    await eventually(lambda: len(logged(gateway)) == len(MALFORMED))
    ids = {parse_record(line.encode()).id for line in gateway.read_log().splitlines()}
    assert len(ids) == len(MALFORMED), "each is a record"


@pytest.mark.parametrize("host", [WARM, SHARED])
async def test_a_wrong_key_is_told_to_clients_that_send_all_before_they_read(
    gateway: Gateway, engine: Engine, host: str
) -> None:
    async with gateway.openai(host, "sk-wrong") as client:
        with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
            await client.chat.completions.create(
                model="Tiny/Chat-1", messages=[{"role": "user", "content": "x" * (20 * MIB)}]
            )
    assert engine.seen == []


async def test_of_a_body_that_is_larger_than_any_nothing_is_read_for_a_wrong_key(gateway: Gateway) -> None:
    head = f"{POST}host: {WARM}\r\nx-api-key: no\r\ncontent-length: {65 * MIB}\r\n\r\n"
    assert (await speak(gateway, head))[0] == 401


async def test_a_key_that_may_only_manage_is_told_so_on_the_shared_host(gateway: Gateway) -> None:
    async with gateway.client(SHARED, ADMIN) as client:
        for path in ("/v1/models", "/v1/models/", "/v1/models?limit=1"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "key_not_allowed"), path
    async with gateway.client(SHARED, EVE) as client:
        assert (await client.get("/v1/models")).json()["data"] == [], "may call, but has nothing to"


def logged(gateway: Gateway) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gateway.read_log().splitlines()]


async def test_every_answer_has_an_id_of_ours_that_is_in_the_log_and_the_clients_own(
    gateway: Gateway, engine: Engine
) -> None:
    """Whatever a client sends as x-request-id: two requests never have the same."""
    sent = {"x-request-id": "mine", "x-client-request-id": "own-1"}
    cases = ((WARM, ALICE, 200), (WARM, "no", 401), (WARM, BOB, 403), (SHARED, ALICE, 200), ("none", ALICE, 404))
    ids = {}
    for host, key, status in cases:
        async with gateway.client(host, key, **sent) as client:
            answer = await client.post(CHAT, json=TINY)
        assert answer.status_code == status
        assert answer.headers["x-client-request-id"] == "own-1", status
        ids[answer.headers["x-request-id"]] = status
    assert len(ids) == len(cases)
    assert "mine" not in ids
    await eventually(lambda: {line["id"]: line["status"] for line in logged(gateway)} == ids)
    assert {line["client_request_id"] for line in logged(gateway)} == {"own-1"}
    assert engine.seen[0]["headers"]["X-Request-ID"] in ids, "the engine's log speaks of the same request"


async def test_who_sends_no_id_gets_no_header_for_it(gateway: Gateway) -> None:
    for key in (ALICE, "no"):
        async with gateway.client(WARM, key) as client:
            assert "x-client-request-id" not in (await client.post(CHAT, json=TINY)).headers


async def test_a_broken_stream_has_no_good_end(gateway: Gateway, engine: Engine) -> None:
    """The status has been sent: all that is left to say is a broken connection, which every client reports."""
    async with gateway.openai(WARM, ALICE) as client:
        stream = await client.chat.completions.create(
            model="x", messages=[], stream=True, extra_body={"chunks": 50, "pause": 0.1}
        )
        await anext(stream)
        await engine.__aexit__()
        with pytest.raises(openai.APIConnectionError):
            [chunk async for chunk in stream]


async def test_an_engine_that_speaks_no_http_is_a_bad_gateway(gateway: Gateway) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"what\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.9")
    port = server.sockets[0].getsockname()[1]
    gateway.put(instance("warm", apiKeys=["alice"]), endpoint_slice("warm", ("127.0.0.9", port, True)))
    async with server, gateway.client(WARM, ALICE) as client:

        async def refused() -> httpx.Response | None:
            answer = await client.post(CHAT, json=TINY)
            return answer if answer.status_code != 200 else None

        answer = await eventually(refused)
    assert answer is not None
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "bad_gateway")
