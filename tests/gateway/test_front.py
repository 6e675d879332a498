"""Behind a real nginx, configured as the documentation says."""

import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest_asyncio

from tests.gateway.certificates import Authority
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, TLS, Gateway, host_of
from tests.gateway.javascript import run_script
from tests.gateway.nginx import end_tls, nginx, read_documented
from tests.gateway.objects import ALICE, api_key, endpoint_slice
from tests.gateway.realtime import RealtimeEngine
from tests.support.eventually import PATIENCE, eventually
from tests.support.ports import find_free_ports

WARM = host_of("warm")
MIB = 1 << 20
Client = Callable[..., httpx.AsyncClient]


@pytest_asyncio.fixture(loop_scope="session")
async def front(idle_gateway: Gateway, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that believes the one proxy in front, and whose `port` is the proxy's."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(idle_gateway.control())
        await stack.enter_async_context(idle_gateway.envoy(bootstrap=idle_gateway.bootstrap({"trusted_proxies": 1})))
        behind, idle_gateway.port = idle_gateway.port, find_free_ports(1)[0]
        await stack.enter_async_context(nginx(tmp_path, idle_gateway.port, behind))
        yield idle_gateway


def logged(gateway: Gateway) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gateway.read_log().splitlines()]


async def test_a_stream_passes_piece_by_piece(front: Gateway) -> None:
    body = {"stream": True, "chunks": 5, "pause": 0.2}
    async with front.client(WARM, ALICE) as client, client.stream("POST", CHAT, json=body) as answer:
        times = [time.monotonic() async for line in answer.aiter_lines() if line.startswith("data: {")]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(gaps) == 4
    assert all(0.02 < gap < 0.4 * PATIENCE for gap in gaps), gaps


async def test_25_megabytes_pass_and_reach_the_engine_while_they_are_sent(front: Gateway, engine: Engine) -> None:
    speech = ("speech.wav", b"\0" * 25_000_000, "audio/wav")
    async with front.client(SHARED, ALICE) as client:
        answer = await client.post("/v1/audio/transcriptions", files={"file": speech, "model": (None, "Tiny/Chat-1")})
    assert answer.status_code == 200
    assert engine.seen[-1]["size"] > 25_000_000


async def test_the_host_arrives_with_its_port_and_decides(front: Gateway) -> None:
    for host in (WARM, WARM.upper(), f"{WARM}:8443", SHARED):
        async with front.client(host, ALICE) as client:
            assert (await client.post(CHAT, json={"model": "Tiny/Chat-1"})).status_code == 200, host
    async with front.client("no.such.host", ALICE, **{"x-forwarded-host": WARM}) as client:
        assert (await client.post(CHAT, json={})).status_code == 404


async def test_the_log_has_the_address_that_nginx_saw(front: Gateway, engine: Engine) -> None:
    transport = httpx.AsyncHTTPTransport(verify=TLS, local_address="127.0.0.77")
    headers = {"host": WARM, "x-api-key": ALICE, "x-forwarded-for": "203.0.113.7"}
    async with httpx.AsyncClient(base_url=front.url, headers=headers, transport=transport) as client:
        assert (await client.post(CHAT, json={})).status_code == 200
    assert [line["ip"] for line in await eventually(lambda: logged(front))] == ["127.0.0.77"]
    assert engine.seen[-1]["headers"]["X-Forwarded-Proto"] == "http"


async def test_websockets_pass(front: Gateway) -> None:
    async with RealtimeEngine("127.0.0.9") as realtime:
        front.put(endpoint_slice("warm", ("127.0.0.9", realtime.port, True)))
        url = f"ws://127.0.0.1:{front.port}/v1/realtime"
        protocols = ("realtime", f"openai-insecure-api-key.{ALICE}")

        async def talks() -> bool:
            async with aiohttp.ClientSession(headers={"host": WARM}) as session:
                try:
                    async with session.ws_connect(url, protocols=protocols) as socket:
                        await socket.send_json({"type": "response.create"})
                        heard = [(await socket.receive_json())["type"] for _ in range(2)]
                        return socket.protocol == "realtime" and heard == ["session.created", "heard"]
                except aiohttp.WSServerHandshakeError:
                    return False

        await eventually(talks)


async def test_refusals_pass_with_their_bodies_and_headers(front: Gateway) -> None:
    async with front.client(WARM, ALICE) as client:
        large = await client.post(CHAT, content=b"\0" * (33 * MIB))
        assert (large.status_code, large.json()["error"]["code"]) == (413, "request_too_large")
        engines = await client.post(CHAT, json={"status": 429})
        assert (engines.status_code, engines.json()["error"]["code"]) == (429, "engine_code")
    async with front.client(host_of("stopped"), ALICE) as client:
        stopped = await client.post(CHAT, json={})
        assert (stopped.status_code, stopped.headers["retry-after"]) == (503, "60")
    front.put(api_key("alice", limits={"requestsPerMinute": 2}))

    async def limited() -> bool:
        async with front.client(WARM, ALICE) as client:
            answer = await client.post(CHAT, json={})
        return answer.status_code == 429 and "retry-after" in answer.headers and "error" in answer.json()

    await eventually(limited)


async def test_tls_and_http_2_may_end_in_front(idle_gateway: Gateway, engine: Engine, tmp_path: Path) -> None:
    authority, port = Authority(), find_free_ports(1)[0]
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    server = end_tls(read_documented(), tmp_path, authority.issue(WARM))
    question = {"url": f"https://{WARM}:{port}", "host": WARM, "key": ALICE, "path": CHAT, "streams": 20}
    async with (
        idle_gateway.control(),
        idle_gateway.envoy(bootstrap=idle_gateway.bootstrap({"trusted_proxies": 1})),
        nginx(tmp_path, port, idle_gateway.port, server),
    ):
        heard = await run_script("multiplex.mjs", question, tmp_path / "ca.pem")
    assert heard == {"answers": ["200 5"], "count": 20}
    assert {seen["headers"]["X-Forwarded-Proto"] for seen in engine.seen} == {"https"}


async def test_a_proxy_that_speaks_http_1_0_is_told_to_upgrade(gateway: Gateway, tmp_path: Path) -> None:
    """nginx's own default; docs/gateway.md says so."""
    port = find_free_ports(1)[0]
    server = "server { listen 80; location / { proxy_set_header Host $http_host; proxy_pass http://gateway; } }\n"
    async with nginx(tmp_path, port, gateway.port, "upstream gateway { server here:80; }\n" + server):
        gateway.port = port
        async with gateway.client(WARM, ALICE) as client:
            answer = await client.post(CHAT, json={})
    assert answer.status_code == 426
    assert "proxy_http_version 1.1" in answer.json()["error"]["message"]
