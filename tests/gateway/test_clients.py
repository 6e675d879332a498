"""Every way in, over TLS, with the clients that people use: openai for Python and JavaScript, and curl."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
import pytest_asyncio
from openai.types.chat import ChatCompletionMessageParam

from inferops.settings import CertificateSettings
from tests.gateway.certificates import Authority, mount, serve_tls
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.javascript import run_script
from tests.gateway.objects import ALICE, DOMAIN, endpoint_slice
from tests.gateway.realtime import RealtimeEngine
from tests.support.eventually import eventually

MODEL = "Tiny/Chat-1"
ALL_MODELS = [MODEL, "ended", "free", "sleepy"]
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]
WAYS = {
    "instance host": (host_of("warm"), "/v1", []),
    "by id, on the shared host": (SHARED, path_of("warm").removesuffix("/chat/completions"), []),
    "by model, on the shared host": (SHARED, "/v1", ALL_MODELS),
    "by model, on the domain itself": (DOMAIN, "/v1", ALL_MODELS),
}
"""Host, path, and the models that are listed where the gateway answers instead of an engine."""


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def authorities(tmp_path: Path, authority: Authority) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(authority.pem)
    return path


@pytest_asyncio.fixture(loop_scope="session")
async def secure(
    idle_gateway: Gateway, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    """TLS for all hosts of the domain, whose names lead here."""
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        return resolve("127.0.0.1" if name.endswith(DOMAIN) else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)
    mount(tmp_path / "tls" / "all", authority.issue(DOMAIN, f"*.{DOMAIN}"))
    async with serve_tls(idle_gateway, tmp_path / "tls", CertificateSettings(secret_name="all")) as gateway:
        yield gateway


def url_of(gateway: Gateway, way: str) -> str:
    host, path, _ = WAYS[way]
    return f"https://{host}:{gateway.secure_port}{path}"


@pytest.mark.parametrize("way", WAYS)
async def test_the_python_client_comes_in(secure: Gateway, authority: Authority, way: str) -> None:
    http = openai.DefaultAsyncHttpxClient(verify=authority.trust())
    client = openai.AsyncOpenAI(api_key=ALICE, base_url=url_of(secure, way), http_client=http, max_retries=0)
    async with client:
        answer = await client.chat.completions.create(model=MODEL, messages=HELLO)
        assert answer.choices[0].message.content == "hello from first"
        stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
        assert len([chunk async for chunk in stream]) == 5
        speech = ("speech.wav", b"\0" * (1 << 20), "audio/wav")
        assert (await client.audio.transcriptions.create(model=MODEL, file=speech)).text == "hello"
        if WAYS[way][2]:
            assert [each.id async for each in client.models.list()] == WAYS[way][2]
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="sk-no").chat.completions.create(model=MODEL, messages=HELLO)


@pytest.mark.parametrize("way", WAYS)
async def test_the_javascript_client_comes_in(secure: Gateway, authorities: Path, way: str) -> None:
    question = {"base": url_of(secure, way), "key": ALICE, "wrong": "sk-no", "model": MODEL}
    heard = await run_script("ask.mjs", question, authorities)
    lasted = heard["stream"].pop("lasted")
    assert 400 < lasted < 1500
    assert heard == {
        "chat": "hello from first",
        "stream": {"chunks": 4},
        "transcription": "hello",
        "models": WAYS[way][2],
        "wrongKey": "AuthenticationError 401 invalid_api_key",
        "engineError": "RateLimitError 429 engine_code",
    }


@pytest.mark.parametrize("way", WAYS)
async def test_the_javascript_client_talks_in_real_time(secure: Gateway, authorities: Path, way: str) -> None:
    async with RealtimeEngine("127.0.0.9") as engine:
        secure.put(endpoint_slice("warm", ("127.0.0.9", engine.port, True)))
        await eventually(lambda: any(each.address == "127.0.0.9" for each in endpoints(secure)))
        question = {"base": url_of(secure, way), "key": ALICE, "model": MODEL}
        heard = await run_script("realtime.mjs", question, authorities, "--experimental-websocket")
        assert ALICE not in str(engine.seen)
    assert heard["node"]["heard"] == heard["browser"]["heard"] == ["session.created", "heard"]
    assert heard["browser"]["protocol"] == "realtime"


def endpoints(gateway: Gateway) -> list[Any]:
    return [each for route in gateway.plane.publisher.routes.values() for each in route.endpoints]


@pytest.mark.parametrize("way", WAYS)
async def test_curl_comes_in_by_every_http_version(
    secure: Gateway, authorities: Path, way: str, engine: Engine
) -> None:
    host, path, _ = WAYS[way]
    resolve = f"{host}:{secure.secure_port}:127.0.0.1"
    general = ("--silent", "--show-error", "--max-time", "20", "--cacert", str(authorities), "--resolve", resolve)
    key = ("--header", f"authorization: Bearer {ALICE}")
    asked = (
        ("/chat/completions", ("--json", json.dumps({"model": MODEL, "messages": HELLO}))),
        ("/audio/transcriptions", ("--form", f"model={MODEL}", "--form", f"file=@{authorities};filename=speech.wav")),
    )
    for version, option in (("1.1", "--http1.1"), ("2", "--http2")):
        for route, body in asked:
            shown = (
                "--write-out",
                "\n%{http_version} %{response_code}",
                f"https://{host}:{secure.secure_port}{path}{route}",
            )
            process = await asyncio.create_subprocess_exec(
                "curl", *general, *key, option, *body, *shown, stdout=asyncio.subprocess.PIPE
            )
            output, _ = await process.communicate()
            answer, _, protocol = output.decode().rpartition("\n")
            assert (process.returncode, protocol) == (0, f"{version} 200"), (route, answer)
            assert engine.seen[-1]["path"] == f"/v1{route}"


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_a_hundred_streams_share_one_http_2_connection(secure: Gateway, authorities: Path, scheme: str) -> None:
    host, port = host_of("warm"), secure.secure_port if scheme == "https" else secure.port
    question = {"url": f"{scheme}://{host}:{port}", "host": host, "key": ALICE, "path": CHAT, "streams": 100}
    assert await run_script("multiplex.mjs", question, authorities) == {"answers": ["200 5"], "count": 100}
