"""What is recorded of each route: of which model, in which region, and what the gateway counts where engines do not."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from inferops.metering.record import Record, parse_record
from tests.gateway.gateway import Gateway
from tests.gateway.objects import ALICE
from tests.gateway.test_usage import WARM, Script, script
from tests.support.eventually import eventually

__all__ = ("script",)
RECORDINGS = sorted((Path(__file__).parent / "recordings").iterdir())
LENGTH, PADDING = Decimal("2.296"), Decimal("0.150")
"""Seconds that all of them have, and what lossy formats put around them."""
TRANSCRIPTIONS, TRANSLATIONS = "/v1/audio/transcriptions", "/v1/audio/translations"
TEXT, SSE = "text/plain; charset=utf-8", "text/event-stream"
TOKENS = {"prompt_tokens": 4, "total_tokens": 9, "completion_tokens": 5}


async def read_record(gateway: Gateway, name: str) -> Record:
    """Of the one request that called itself by that name."""

    async def found() -> list[Record]:
        lines = [line for line in gateway.read_log().splitlines() if f'"{name}"' in line]
        return [parse_record(line.encode()) for line in lines]

    records = await eventually(found)
    assert len(records) == 1
    return records[0]


async def ask(gateway: Gateway, name: str, path: str, **request: Any) -> Record:
    """One request, which is answered, and its record."""
    async with gateway.client(WARM, ALICE) as client:
        answer = await client.post(path, headers={"x-client-request-id": name}, **request)
        assert answer.status_code == httpx.codes.OK
    return await read_record(gateway, name)


def upload(file: Path) -> dict[str, Any]:
    return {"data": {"model": "tiny", "response_format": "text"}, "files": {"file": (file.name, file.read_bytes())}}


async def test_a_record_says_what_was_asked_for_of_which_model_and_where(gateway: Gateway, script: Script) -> None:
    script.say({"choices": [], "usage": TOKENS})
    record = await ask(gateway, "where", "/v1/chat/completions", json={"model": "not-its-name"})
    assert (record.route, record.model, record.region) == ("chat", "Tiny/Chat-1", "here")
    assert (record.prompt, record.completion, record.broken, record.unknown) == (4, 5, "", False)


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.name)
async def test_a_recording_is_as_long_as_it_is_whatever_its_format(
    gateway: Gateway, script: Script, file: Path
) -> None:
    script.say(b"what was said", kind=TEXT)
    record = await ask(gateway, file.name, TRANSCRIPTIONS, **upload(file))
    assert record.seconds is not None
    assert LENGTH <= record.seconds <= LENGTH + PADDING
    assert (record.route, record.unknown) == ("transcriptions", False)


ANSWERS: dict[str, tuple[str, str, bytes, Decimal, int | None]] = {
    "json": (TRANSCRIPTIONS, "application/json", b'{"text":"x","usage":{"seconds":3}}', Decimal(3), None),
    "verbose": (TRANSCRIPTIONS, "application/json", b'{"duration":"2.25","text":"x"}', Decimal("2.25"), None),
    "text": (TRANSCRIPTIONS, TEXT, b"x", Decimal("2.304"), None),
    "srt": (TRANSCRIPTIONS, TEXT, b"1\n00:00:00,000 --> 00:00:01,000\nx\n", Decimal("2.304"), None),
    "vtt": (TRANSCRIPTIONS, "text/vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nx\n", Decimal("2.304"), None),
    "translation": (TRANSLATIONS, "application/json", b'{"text":"x"}', Decimal("2.304"), None),
    "streamed": (
        TRANSCRIPTIONS,
        SSE,
        b'data: {"choices":[],"usage":{"prompt_tokens":4,"total_tokens":9,"completion_tokens":5}}\n\ndata: [DONE]\n\n',
        Decimal("2.304"),
        5,
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_seconds_are_known_in_every_response_format(gateway: Gateway, script: Script, name: str) -> None:
    path, kind, answer, seconds, tokens = ANSWERS[name]
    script.say(answer, kind=kind)
    record = await ask(gateway, name, path, **upload(RECORDINGS[0].with_name("plain.wav")))
    assert (record.seconds, record.completion, record.unknown) == (seconds, tokens, False)


OTHERS: dict[str, tuple[str, str, bytes, dict[str, Any]]] = {
    "no recording": (TRANSCRIPTIONS, TEXT, b"x", {"seconds": None, "unknown": True}),
    "chat": ("/v1/chat/completions", "application/json", b'{"choices":[]}', {"prompt": None, "unknown": True}),
    "models": ("/v1/models", "application/json", b'{"data":[]}', {"route": "other", "unknown": False}),
    "rerank": ("/v1/rerank", "application/json", b'{"usage":{"total_tokens":7}}', {"prompt": 7, "unknown": False}),
    "images": (
        "/v1/images/generations",
        "application/json",
        b'{"data":[{"b64_json":"aa","url":null},{"b64_json":"bb","url":null}]}',
        {"images": 2, "unknown": False},
    ),
    "speech": (
        "/v1/audio/speech",
        "audio/wav",
        RECORDINGS[0].with_name("streamed.wav").read_bytes(),
        {"seconds": Decimal("2.304"), "unknown": False},
    ),
    "raw speech": ("/v1/audio/speech", "audio/pcm", b"\0" * 4800, {"seconds": None, "unknown": True}),
}


@pytest.mark.parametrize("name", OTHERS)
async def test_what_nobody_knows_is_unknown_and_never_nothing(gateway: Gateway, script: Script, name: str) -> None:
    path, kind, answer, expected = OTHERS[name]
    script.say(answer, kind=kind, pieces=3)
    request: dict[str, Any] = {"json": {}} if path != TRANSCRIPTIONS else {"files": {"file": ("a.wav", b"no sound")}}
    record = await ask(gateway, name, path, **request)
    assert {field: getattr(record, field) for field in expected} == expected


def events(count: int, *, usage: bool) -> list[str]:
    """Of /v1/responses: only the last one tells the usage."""
    steps = ['event: response.output_text.delta\ndata: {"delta":"word"}\n\n'] * count
    last = 'event: response.completed\ndata: {"response":{"usage":{"input_tokens":5,"output_tokens":9}}}\n\n'
    return ['event: response.created\ndata: {"response":{"usage":null}}\n\n', *steps, *([last] if usage else [])]


@pytest.mark.parametrize(("broken", "completion"), [("", 9), ("engine", 6)])
async def test_a_stream_of_responses_that_breaks_off_has_used_its_steps(
    gateway: Gateway, script: Script, broken: str, completion: int
) -> None:
    script.kind, script.breaks = SSE, bool(broken)
    script.pieces, script.pause = [event.encode() for event in events(6, usage=not broken)], 0.02
    async with gateway.client(WARM, ALICE) as client:
        request = client.post("/v1/responses", headers={"x-client-request-id": f"steps-{broken}"}, json={})
        if broken:
            with pytest.raises(httpx.RemoteProtocolError):
                await request
        else:
            await request
    record = await read_record(gateway, f"steps-{broken}")
    assert (record.completion, record.broken, record.unknown) == (completion, broken, bool(broken))


async def leave(gateway: Gateway, name: str, path: str, until: Callable[[httpx.Response], Awaitable[Any]]) -> None:
    """A client that goes away."""
    async with (
        gateway.client(WARM, ALICE) as client,
        client.stream("POST", path, headers={"x-client-request-id": name}, **upload(RECORDINGS[0])) as answer,
    ):
        await until(answer)


async def test_a_transcription_that_its_client_leaves_has_heard_the_whole_recording(
    gateway: Gateway, script: Script
) -> None:
    script.stream(*[{"choices": [{"delta": {"content": "word"}}]}] * 50, pause=0.1)
    await leave(gateway, "left", TRANSCRIPTIONS, lambda answer: anext(answer.aiter_lines()))
    record = await read_record(gateway, "left")
    assert record.seconds is not None
    assert (record.broken, record.unknown) == ("client", False)


async def test_a_request_that_its_client_leaves_before_any_answer_is_unknown(gateway: Gateway, script: Script) -> None:
    script.wait = 3.0
    async with gateway.client(WARM, ALICE) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await client.post("/v1/completions", headers={"x-client-request-id": "early"}, json={})
    record = await read_record(gateway, "early")
    assert (record.status, record.broken, record.unknown) == (0, "client", True)
    assert (record.prompt, record.completion) == (None, None)


async def test_what_the_engine_refuses_has_used_nothing(gateway: Gateway, script: Script) -> None:
    script.say({"error": {"message": "no"}})
    script.status = 400
    async with gateway.client(WARM, ALICE) as client:
        await client.post("/v1/completions", headers={"x-client-request-id": "refused"}, json={})
    record = await read_record(gateway, "refused")
    assert (record.status, record.broken, record.unknown, record.region) == (400, "", False, "here")
