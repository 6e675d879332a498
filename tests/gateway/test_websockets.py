"""Realtime routes: websockets with a key in a header or, as browsers must, among the subprotocols."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import openai
import pytest
import pytest_asyncio

from tests.gateway.gateway import SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ALICE, BOB, endpoint_slice, instance
from tests.gateway.realtime import RealtimeEngine
from tests.support.eventually import eventually

WARM, REALTIME = host_of("warm"), "/v1/realtime"
MIB = 1 << 20
BROWSER = ("realtime", f"openai-insecure-api-key.{ALICE}")


@pytest.fixture
def header() -> dict[str, str]:
    return {"authorization": f"Bearer {ALICE}"}


@pytest_asyncio.fixture(loop_scope="session")
async def realtime(gateway: Gateway) -> AsyncIterator[RealtimeEngine]:
    """In the place of the usual engine."""
    async with RealtimeEngine("127.0.0.9") as realtime:
        address = ("127.0.0.9", realtime.port, True)
        gateway.put(endpoint_slice("warm", address), endpoint_slice("open", address))

        async def there() -> bool:
            async with gateway.client(WARM, ALICE) as client:
                return bool((await client.get("/v1/models")).json()["engine"] == "realtime")

        await eventually(there)
        realtime.seen.clear()
        yield realtime


class Browser:
    """A websocket client of the gateway."""

    def __init__(self, gateway: Gateway, host: str = WARM, path: str = REALTIME) -> None:
        self._url, self._host = f"ws://127.0.0.1:{gateway.port}{path}", host

    async def talk(self, *protocols: str, **headers: str) -> tuple[str | None, dict[str, Any]]:
        """Which subprotocol was chosen, and what the engine heard of one event."""
        async with (
            aiohttp.ClientSession(headers={"host": self._host, **headers}) as session,
            session.ws_connect(self._url, protocols=protocols) as socket,
        ):
            assert (await socket.receive_json())["type"] == "session.created"
            await socket.send_json({"type": "response.create"})
            return socket.protocol, await socket.receive_json()

    async def status(self, *protocols: str, **headers: str) -> int:
        """Of a refusal."""
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await self.talk(*protocols, **headers)
        return refused.value.status


async def test_every_way_in_is_open_to_websockets(gateway: Gateway, realtime: RealtimeEngine) -> None:
    ways = (
        (WARM, REALTIME),
        (WARM, "/v1/an/unknown/route?x=1"),
        (SHARED, f"{REALTIME}?model=Tiny%2FChat-1"),
        (SHARED, f"{REALTIME}?a=b&model=tiny/chat-1"),
        ("192.0.2.1", path_of("warm").replace("/chat/completions", "/realtime")),
        (host_of("open"), REALTIME),
    )
    pythons = {"authorization": f"Bearer {ALICE}", "content-type": "application/json"}  # though it has no body
    for host, path in ways:
        browser = Browser(gateway, host, path)
        assert await browser.talk(**pythons) == (None, {"type": "heard", "event": {"type": "response.create"}})
        assert (await browser.talk(*BROWSER))[0] == "realtime", (host, path)
        assert realtime.seen[-1]["path"].startswith("/v1/")


async def test_the_engine_sees_no_key_of_a_websocket(gateway: Gateway, realtime: RealtimeEngine) -> None:
    protocols = (*BROWSER, "openai-beta.realtime-v1")
    await Browser(gateway).talk(*protocols)
    await Browser(gateway).talk(authorization=f"Bearer {ALICE}", **{"x-client-id": "team/root"})
    for seen in realtime.seen:
        assert ALICE not in str(seen)
        headers = {name.lower(): value for name, value in seen["headers"].items()}
        assert headers["x-client-id"] == "team/alice"
    assert realtime.seen[0]["headers"]["Sec-WebSocket-Protocol"] == "realtime, openai-beta.realtime-v1"


@pytest.mark.usefixtures("realtime")
async def test_a_browser_gets_a_subprotocol_back_also_from_an_engine_that_knows_none(gateway: Gateway) -> None:
    async with RealtimeEngine("127.0.0.8", chooses=()) as ignorant:
        gateway.put(endpoint_slice("warm", ("127.0.0.8", ignorant.port, True)))
        await eventually(lambda: reached(gateway, ignorant))
        assert (await Browser(gateway).talk(*BROWSER))[0] == "realtime"
        assert (await Browser(gateway).talk(f"openai-insecure-api-key.{ALICE}"))[0] is None


async def reached(gateway: Gateway, engine: RealtimeEngine) -> bool:
    await Browser(gateway).talk(*BROWSER)
    return bool(engine.seen)


async def test_a_websocket_without_a_valid_key_is_refused_before_it_opens(
    gateway: Gateway, realtime: RealtimeEngine
) -> None:
    browser = Browser(gateway)
    cases: tuple[tuple[int, tuple[str, ...], dict[str, str]], ...] = (
        (401, (), {}),
        (401, ("realtime",), {}),
        (401, ("realtime", "openai-insecure-api-key.sk-no"), {}),
        (401, ("openai-insecure-api-key.",), {}),
        (401, (BROWSER[1], "openai-insecure-api-key.sk-no"), {}),
        (401, BROWSER, {"x-api-key": "sk-no"}),
        (403, ("realtime", f"openai-insecure-api-key.{BOB}"), {}),
        (403, (), {"x-api-key": BOB}),
    )
    for status, protocols, headers in cases:
        assert await browser.status(*protocols, **headers) == status, (protocols, headers)
    assert await Browser(gateway, SHARED, f"{REALTIME}?model=gpt-9").status(*BROWSER) == 404
    assert await Browser(gateway, SHARED).status(*BROWSER) == 404
    assert await Browser(gateway, host_of("stopped")).status(*BROWSER) == 503
    assert realtime.seen == []


@pytest.mark.usefixtures("realtime")
async def test_a_websocket_may_carry_more_than_the_largest_request(gateway: Gateway, header: dict[str, str]) -> None:
    url = f"ws://127.0.0.1:{gateway.port}{REALTIME}"
    async with (
        aiohttp.ClientSession(headers={"host": WARM, **header}) as session,
        session.ws_connect(url, max_msg_size=0) as socket,
    ):
        await socket.receive_json()
        for _ in range(40):
            await socket.send_bytes(b"\0" * MIB)
            assert await socket.receive_json() == {"type": "heard", "bytes": MIB}


async def test_a_websocket_to_a_sleeping_instance_is_held(gateway: Gateway) -> None:
    waiting = asyncio.create_task(Browser(gateway, host_of("cold")).talk(*BROWSER))
    await eventually(lambda: any(gate.held for gate in gateway.plane.activator.gates.values()))
    async with RealtimeEngine("127.0.0.7") as awake:
        gateway.put(endpoint_slice("cold", ("127.0.0.7", awake.port, True)))
        assert (await waiting)[0] == "realtime"


@pytest.mark.usefixtures("realtime")
async def test_the_log_has_a_line_for_each_websocket(gateway: Gateway, header: dict[str, str]) -> None:
    await Browser(gateway).talk(**header)

    def logged() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in gateway.read_log().splitlines()]
        return [line for line in lines if line["status"] == 101]

    [line] = await eventually(logged)
    assert (line["client"], line["path"], line["instance"]) == ("team/alice", REALTIME, WARM.split(".")[0])
    assert line["bytes_in"] > 0
    assert line["bytes_out"] > 0


async def test_a_websocket_passes_over_a_replica_that_is_gone(gateway: Gateway, realtime: RealtimeEngine) -> None:
    dead = ("127.0.0.6", realtime.port, True)
    gateway.put(endpoint_slice("warm", ("127.0.0.9", realtime.port, True), dead))
    await eventually(lambda: any(len(route.endpoints) == 2 for route in gateway.plane.publisher.routes.values()))
    for _ in range(10):
        assert (await Browser(gateway).talk(*BROWSER))[0] == "realtime"


async def test_a_body_does_not_slip_by_as_a_websocket(gateway: Gateway, realtime: RealtimeEngine) -> None:
    """It would be measured by nobody."""
    upgrade = {"connection": "Upgrade", "upgrade": "websocket"}
    async with gateway.client(WARM, ALICE, **upgrade) as client:
        for method, body in (("POST", b""), ("POST", b"x" * 1000), ("GET", b"x" * 1000), ("PUT", b"")):
            answer = await client.request(method, "/v1/chat/completions", content=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request"), method
    assert realtime.seen == []


@pytest.mark.usefixtures("realtime")
async def test_a_websocket_outlives_the_time_that_a_request_has(gateway: Gateway, header: dict[str, str]) -> None:
    gateway.put(instance("warm", apiKeys=["alice"], limits={"requestTimeout": 1}))
    await eventually(lambda: any(route.limits.timeout == 1 for route in gateway.plane.publisher.routes.values()))
    async with (
        aiohttp.ClientSession(headers={"host": WARM, **header}) as session,
        session.ws_connect(f"ws://127.0.0.1:{gateway.port}{REALTIME}") as socket,
    ):
        await socket.receive_json()
        for _ in range(5):
            await asyncio.sleep(0.5)
            await socket.send_json({"type": "input"})
            assert (await socket.receive_json())["type"] == "heard"


@pytest.mark.parametrize(
    ("host", "path"),
    [(WARM, "/v1"), (SHARED, "/v1"), (SHARED, path_of("warm").removesuffix("/chat/completions"))],
    ids=["host", "model", "id"],
)
async def test_the_openai_client_talks_by_every_way(
    gateway: Gateway, realtime: RealtimeEngine, host: str, path: str
) -> None:
    client = openai.AsyncOpenAI(api_key=ALICE, base_url=gateway.url, websocket_base_url=f"ws://{host}{path}")
    connect: Any = {"host": "127.0.0.1", "port": gateway.port}  # where the host name leads
    async with client, client.realtime.connect(model="tiny/chat-1", websocket_connection_options=connect) as talk:
        assert (await talk.recv()).type == "session.created"
        await talk.response.create()
        assert "response.create" in (await talk.recv_bytes()).decode()
    assert ALICE not in str(realtime.seen[-1])
