"""The REST API and the console behind the gateway's shared hosts; a stand-in answers for them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio

from inferops.settings import ApiSettings, GatewaySettings, Settings
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SHARED, Gateway, host_of, path_of
from tests.gateway.objects import ADMIN, ALICE, DOMAIN, fill
from tests.support.eventually import eventually

Served = tuple[Gateway, Engine]
OFFICE = "models.office.example"
"""A host of systemHosts."""


@pytest_asyncio.fixture(loop_scope="session")
async def served(tmp_path: Path, envoy_binary: str, engine: Engine) -> AsyncIterator[Served]:
    """A gateway with an API, and the API."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Engine("api"))
        place = ApiSettings(host="localhost", port=api.port)
        settings = Settings(gateway=GatewaySettings(domain=DOMAIN, system_hosts=[OFFICE], api=place))
        gateway = Gateway(tmp_path, envoy_binary, settings)
        gateway.put(*fill(engine.address, engine.port))
        await stack.enter_async_context(gateway.control())
        await stack.enter_async_context(gateway.envoy())
        yield gateway, api


async def test_the_api_hears_everything_on_the_shared_hosts_that_is_no_engines_and_sees_the_key(served: Served) -> None:
    gateway, api = served
    asked = (
        (DOMAIN, "GET", "/"),
        (DOMAIN, "GET", "/assets/index-a1b2.js"),
        (SHARED, "GET", "/"),
        (OFFICE, "GET", "/"),
        (OFFICE, "HEAD", "/assets/index-a1b2.js"),
        ("localhost:8000", "GET", "/"),
        ("127.0.0.1:8000", "GET", "/ai-inference/me"),
        ("[::1]:8000", "GET", "/"),
        (DOMAIN, "POST", "/ai-inference/inference-instances"),
        (SHARED, "GET", "/ai-inference/models"),
        (SHARED, "HEAD", "/ai-inference/models"),
        (SHARED, "DELETE", "/ai-inference/registries/1"),
    )
    for host, method, path in asked:
        for headers in ({"x-api-key": ADMIN}, {"authorization": f"Bearer {ADMIN}"}, {}):
            async with gateway.client(host, **headers) as client:
                answer = await client.request(method, path)
            assert answer.status_code == 200, (host, path)
            seen = api.seen[-1]
            sent = {name.lower(): value for name, value in seen["headers"].items()}
            assert (seen["method"], seen["path"], sent["host"]) == (method, path, host.removesuffix(":8000"))
            assert headers.items() <= sent.items()
            assert sent.keys().isdisjoint({"x-vhost", "x-key-hash"})


async def test_the_consoles_page_calls_engines_at_its_own_host(served: Served, engine: Engine) -> None:
    gateway, api = served
    for path in (CHAT, path_of("warm")):
        async with gateway.client(DOMAIN, ALICE) as client:
            assert (await client.post(path, json={"model": "Tiny/Chat-1"})).json()["engine"] == "first"
        async with gateway.client(DOMAIN) as client:
            assert (await client.post(path, json={"model": "Tiny/Chat-1"})).status_code == 401
    async with gateway.client(DOMAIN, ALICE) as client:
        assert (await client.post("/v2/no-such/openai/v1/models")).status_code == 404
    assert api.seen == []
    assert len(engine.seen) == 2


async def test_the_host_of_an_instance_does_not_lead_to_the_api(served: Served) -> None:
    gateway, api = served
    async with gateway.client(host_of("warm"), ALICE) as client:
        assert (await client.get("/ai-inference/models")).status_code == 404
        assert (await client.get("/")).status_code == 404
    assert api.seen == []


async def test_an_api_that_is_away_is_said_in_words(served: Served) -> None:
    gateway, api = served
    await api.__aexit__()
    async with gateway.client(DOMAIN) as client:
        answer = await client.get("/ai-inference/models")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "service_unavailable"
    assert "The REST API" in answer.json()["error"]["message"]
    async with Engine("api", port=api.port):

        async def back() -> bool:
            async with gateway.client(DOMAIN) as client:
                return (await client.get("/")).status_code == 200

        await eventually(back)


async def test_without_an_api_the_console_is_not_found(gateway: Gateway) -> None:
    for host in (DOMAIN, SHARED):
        async with gateway.client(host, ALICE) as client:
            for path in ("/", "/ai-inference/models"):
                answer = await client.get(path)
                assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
