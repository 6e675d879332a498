"""What engines say that a request used is in the access log, for every route and however the answer comes or ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from inferops.metering.usage import read_usage
from tests.gateway.conftest import fixture
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, endpoint_slice
from tests.support.eventually import eventually

WARM = host_of("warm")
CHAT_USAGE = {"prompt_tokens": 11, "total_tokens": 20, "completion_tokens": 9, "prompt_tokens_details": None}
CACHED = {
    "prompt_tokens": 11,
    "total_tokens": 20,
    "completion_tokens": 9,
    "prompt_tokens_details": {"cached_tokens": 8},
}
RESPONSE_USAGE = {
    "input_tokens": 5,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 12,
}
TRAP = 'He said: "usage": {"prompt_tokens": 999}'
"""What a model may write: in JSON its quotes are escaped."""
ECHO = [{"parameters": {"usage": {"input_tokens": 0, "output_tokens": 0}}}]
"""What a client may send and get back in front of the true usage."""


class Script:
    """An engine that answers as the test says."""

    def __init__(self) -> None:
        self.kind = "application/json"
        self.pieces: list[bytes] = []
        self.pause = 0.0
        self.wait = 0.0
        """Before the answer begins."""
        self.breaks = False
        self.status = 200
        self.sized = False

    def say(self, answer: Any, *, kind: str = "application/json", pieces: int = 1) -> None:
        """One answer, in so many pieces."""
        data = answer if isinstance(answer, bytes) else json.dumps(answer, separators=(",", ":")).encode()
        size = -(-len(data) // pieces)
        self.kind, self.pieces = kind, [data[at : at + size] for at in range(0, len(data), size)]

    def stream(self, *events: Any, pause: float = 0.0) -> None:
        """Server-sent events."""
        lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
        self.kind, self.pieces = "text/event-stream", [f"data: {line}\n\n".encode() for line in lines]
        self.pause = pause

    async def answer(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(self.wait)
        response = web.StreamResponse(status=self.status, headers={"content-type": self.kind})
        if self.sized:
            response.content_length = sum(map(len, self.pieces))
        await response.prepare(request)
        for piece in self.pieces:
            await response.write(piece)
            await asyncio.sleep(self.pause)
        if self.breaks and request.transport:
            request.transport.abort()
        return response


@fixture
async def script(gateway: Gateway) -> AsyncIterator[Script]:
    """The engine behind the instance `warm`."""
    script, app = Script(), web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", script.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.put(endpoint_slice("warm", ("127.0.0.1", runner.addresses[0][1], True)))
    async with gateway.client(WARM, ALICE) as client:

        async def reached() -> bool:
            script.say({"reached": True})
            return bool((await client.post("/v1/hello")).json() == {"reached": True})

        await eventually(reached)
    yield script
    await runner.cleanup()


def entries(gateway: Gateway, path: str) -> list[dict[str, Any]]:
    """The log's lines for a path."""
    lines = gateway.read_log().splitlines()
    return [entry for line in lines if (entry := json.loads(line))["path"] == path]


async def logged(gateway: Gateway, path: str) -> dict[str, float] | None:
    """What the log says of the usage of the one request to that path."""
    found = await eventually(lambda: entries(gateway, path))
    assert len(found) == 1
    return read_usage(found[0]["usage"]) or None


def chunk(tokens: int, content: str = "word") -> dict[str, Any]:
    """As vLLM writes it when usage is forced."""
    usage = {"prompt_tokens": 11, "total_tokens": 11 + tokens, "completion_tokens": tokens}
    return {"choices": [{"index": 0, "delta": {"content": content}}], "usage": usage}


PLAIN = {
    "chat": (
        {"choices": [{"message": {"content": TRAP}}], "usage": CHAT_USAGE, "prompt_logprobs": None},
        {"prompt": 11, "completion": 9, "total": 20},
    ),
    "cached": ({"choices": [], "usage": CACHED}, {"prompt": 11, "completion": 9, "total": 20, "cached": 8}),
    "completions": ({"choices": [{"text": TRAP}], "usage": CHAT_USAGE}, {"prompt": 11, "completion": 9, "total": 20}),
    "embeddings": (
        {"data": [{"embedding": [0.5] * 9}], "usage": {"prompt_tokens": 6, "total_tokens": 6}},
        {"prompt": 6, "total": 6},
    ),
    "rerank": ({"usage": {"total_tokens": 56}, "results": [{"document": {"text": TRAP}}]}, {"total": 56}),
    "responses": (
        {"tools": ECHO, "usage": RESPONSE_USAGE, "user": None},
        {"prompt": 5, "completion": 7, "total": 12, "cached": 4, "reasoning": 3},
    ),
    "transcriptions": ({"text": TRAP, "usage": {"type": "duration", "seconds": 2.5}}, {"seconds": 2.5}),
    "audio/translations": ({"duration": "1.43", "language": "en", "text": TRAP}, {"seconds": 1.43}),
    "logprobs": (
        {"usage": CHAT_USAGE, "prompt_logprobs": [{"1": {"logprob": -0.5}}] * 20_000},
        {"prompt": 11, "completion": 9, "total": 20},
    ),
    "silent": ({"choices": [{"message": {"content": TRAP}}]}, None),
    "null": ({"choices": [], "usage": None}, None),
}


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("pieces", [1, 7, 300])
async def test_usage_of_an_answer_is_logged_however_it_is_cut(
    gateway: Gateway, script: Script, pieces: int, *, sized: bool
) -> None:
    script.sized = sized
    async with gateway.client(WARM, ALICE) as client:
        for name, (answer, expected) in PLAIN.items():
            script.say(answer, pieces=pieces)
            assert (await client.post(f"/v1/{name}", json={})).json() == answer
            assert await logged(gateway, f"/v1/{name}") == expected, name


async def test_pretty_answers_and_other_kinds_of_json_count_too(gateway: Gateway, script: Script) -> None:
    pretty = json.dumps({"a": [1], "usage": CACHED, "b": {"c": 1}}, indent=2).encode()
    async with gateway.client(WARM, ALICE) as client:
        for name, kind in (("pretty", "application/json"), ("problem", "application/vnd.api+json; charset=utf-8")):
            script.say(pretty, kind=kind, pieces=5)
            await client.post(f"/v1/{name}", json={})
            assert await logged(gateway, f"/v1/{name}") == {"prompt": 11, "completion": 9, "total": 20, "cached": 8}


async def test_what_is_not_json_says_nothing(gateway: Gateway, script: Script) -> None:
    async with gateway.client(WARM, ALICE) as client:
        for name, kind in (("text", "text/plain"), ("speech", "audio/mpeg")):
            script.say(b'{"usage":{"prompt_tokens":999}}', kind=kind)
            await client.post(f"/v1/{name}", json={})
            assert await logged(gateway, f"/v1/{name}") is None


async def test_the_last_usage_of_a_stream_counts(gateway: Gateway, script: Script) -> None:
    final = {"choices": [], "usage": {"prompt_tokens": 11, "total_tokens": 31, "completion_tokens": 20}}
    completed = {"type": "response.completed", "response": {"tools": ECHO, "usage": RESPONSE_USAGE, "user": None}}
    expected = {"prompt": 11, "completion": 20, "total": 31}
    streams: dict[str, tuple[list[Any], dict[str, int] | None]] = {
        "each": ([*(chunk(n) for n in range(1, 21)), final, "[DONE]"], expected),
        "last": ([{"choices": [{"delta": {"content": TRAP}}], "usage": None}] * 5 + [final, "[DONE]"], expected),
        "silent": ([{"choices": [{"delta": {"content": TRAP}}]}, "[DONE]"], None),
        "responses": (
            [{"type": "response.created", "response": {"tools": ECHO, "usage": None}}, completed],
            {"prompt": 5, "completion": 7, "total": 12, "cached": 4, "reasoning": 3},
        ),
    }
    async with gateway.client(WARM, ALICE) as client:
        for name, (events, usage) in streams.items():
            for pause in (0.0, 0.01):
                path = f"/v1/{name}/{pause}"
                script.stream(*events, pause=pause)
                await client.post(path, json={"stream": True})
                assert await logged(gateway, path) == usage, path


async def test_a_stream_that_the_client_leaves_has_used_what_came(gateway: Gateway, script: Script) -> None:
    script.stream(*(chunk(n) for n in range(1, 200)), pause=0.05)
    async with gateway.client(WARM, ALICE) as client, client.stream("POST", CHAT, json={"stream": True}) as stream:
        lines = (line async for line in stream.aiter_lines() if line)
        seen = [json.loads((await anext(lines)).removeprefix("data: ")) for _ in range(5)][-1]
    usage = await logged(gateway, CHAT)
    assert usage is not None
    told = seen["usage"]["completion_tokens"]
    assert told <= usage["completion"] <= told + 3
    assert usage["total"] == usage["completion"] + 11


async def test_a_stream_that_the_engine_breaks_off_has_used_what_came(gateway: Gateway, script: Script) -> None:
    script.stream(*(chunk(n) for n in range(1, 8)), pause=0.02)
    script.breaks = True
    async with gateway.client(WARM, ALICE) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(CHAT, json={"stream": True})
    assert await logged(gateway, CHAT) == {"prompt": 11, "completion": 7, "total": 18}


async def test_refusals_of_the_gateway_used_nothing(gateway: Gateway, script: Script) -> None:
    assert script.status == 200
    async with gateway.client(WARM, "sk-wrong") as client:
        assert (await client.post(CHAT, json={})).status_code == 401
    assert await logged(gateway, CHAT) is None


async def test_a_large_answer_passes_before_it_is_whole(gateway: Gateway, script: Script) -> None:
    """Nothing waits for the usage at its end."""
    data = b'{"data":[' + b"0.123456789," * 400_000 + b'0],"usage":{"prompt_tokens":6,"total_tokens":6}}'
    script.kind, script.pieces, script.pause = "application/json", [data[:2_000_000], data[2_000_000:]], 1.0
    async with (
        gateway.client(WARM, ALICE) as client,
        client.stream("POST", "/v1/embeddings", json={}) as answer,
    ):
        pieces = answer.aiter_bytes()
        begun = asyncio.get_running_loop().time()
        size = 0
        while size < 1_900_000:
            size += len(await anext(pieces))
        assert asyncio.get_running_loop().time() - begun < 0.9
        size += sum([len(piece) async for piece in pieces])
    assert size == len(data)
    assert await logged(gateway, "/v1/embeddings") == {"prompt": 6, "total": 6}
