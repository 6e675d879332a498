"""Audio files: their types are judged by the beginning of the form, and the body streams on."""

import time
from collections.abc import AsyncIterator

import httpx
import openai
import pytest

from tests.gateway.engine import Engine
from tests.gateway.gateway import SHARED, Gateway, host_of
from tests.gateway.objects import ALICE, instance
from tests.support.eventually import PATIENCE, eventually

WARM = host_of("warm")
TRANSCRIPTIONS, TRANSLATIONS = "/v1/audio/transcriptions", "/v1/audio/translations"
MIB = 1 << 20
TAKEN = ("mp3", "mp4", "mpeg", "mpga", "m4a", "wav", "webm", "flac", "ogg", "oga", "opus", "aac", "WAV")
File = tuple[str, bytes, str | None]


async def send(gateway: Gateway, file: File, host: str = WARM, path: str = TRANSCRIPTIONS) -> httpx.Response:
    async with gateway.client(host, ALICE) as client:
        return await client.post(path, data={"model": "Tiny/Chat-1", "prompt": "-- .exe"}, files={"file": file})


async def test_files_of_every_audio_type_pass(gateway: Gateway) -> None:
    files: list[File] = [(f"a b.{name}", b"x", "application/octet-stream") for name in TAKEN]
    files += [("speech", b"x", "audio/wav"), ("blob", b"x", "video/webm"), ("blob", b"x", None)]
    for file in files:
        assert (await send(gateway, file)).status_code == 200, file


@pytest.mark.parametrize("host", [WARM, SHARED])
async def test_a_file_of_another_type_is_refused_with_the_words_that_clients_look_for(
    gateway: Gateway, engine: Engine, host: str
) -> None:
    files: tuple[tuple[File, str], ...] = (
        (("notes.txt", b"x", "text/plain"), ".txt"),
        (("song.mp3.EXE", b"x", "audio/mpeg"), ".exe"),
        (("notes", b"x", "application/pdf"), "application/pdf"),
        (("large.zip", b"\0" * (25 * MIB), "audio/wav"), ".zip"),
    )
    for file, kind in files:
        for path in (TRANSCRIPTIONS, TRANSLATIONS):
            answer = await send(gateway, file, host, path)
            assert answer.status_code == 400, file[0]
            error = answer.json()["error"]
            assert (error["code"], error["param"], error["type"]) == (
                "unsupported_file_type",
                "file",
                "invalid_request_error",
            )
            assert f"{kind} is an unsupported file type" in error["message"]
            assert answer.headers["x-request-id"]
    assert engine.seen == []


async def test_the_openai_client_hears_of_wrong_types_and_large_files(gateway: Gateway) -> None:
    async with gateway.openai(WARM, ALICE) as client:
        with pytest.raises(openai.BadRequestError, match="unsupported file type"):
            await client.audio.transcriptions.create(model="x", file=("a.docx", b"\0" * MIB))
        with pytest.raises(openai.APIStatusError, match="file too large") as large:
            await client.audio.transcriptions.create(model="x", file=("a.wav", b"\0" * (27 * MIB)))
    assert large.value.status_code == 413


async def test_an_upload_streams_to_the_engine_while_it_comes(gateway: Gateway, engine: Engine) -> None:
    boundary = "b"
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'.encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield head + b"\0" * 65536
        await eventually(lambda: engine.open == 1, within=3)
        yield f"\r\n--{boundary}--\r\n".encode()

    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    async with gateway.client(WARM, ALICE) as client:
        assert (await client.post(TRANSCRIPTIONS, content=slowly(), headers=headers)).status_code == 200


async def test_other_bodies_on_audio_routes_pass_at_once(gateway: Gateway) -> None:
    async with gateway.openai(WARM, ALICE) as client:
        begun = time.monotonic()
        for _ in range(20):
            await client.audio.speech.create(model="x", voice="alloy", input="hello")
        assert time.monotonic() - begun < 5 * PATIENCE


async def test_audio_has_an_hour_whatever_a_request_has(gateway: Gateway) -> None:
    gateway.put(instance("warm", apiKeys=["alice"], limits={"requestTimeout": 1}))
    await eventually(lambda: any(route.limits.timeout == 1 for route in gateway.plane.publisher.routes.values()))
    slow = {"delay": 2.0}
    async with gateway.client(WARM, ALICE) as client:

        async def too_slow() -> bool:
            return (await client.post("/v1/chat/completions", json=slow)).status_code == 504

        await eventually(too_slow)
        assert (await client.post("/v1/audio/speech", json=slow)).status_code == 200


async def test_a_file_of_another_type_wakes_no_instance(gateway: Gateway) -> None:
    answer = await send(gateway, ("notes.txt", b"x", "text/plain"), host_of("cold"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_file_type")
    assert not any(gate.held for gate in gateway.plane.activator.gates.values())
