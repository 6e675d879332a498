"""HTTP versions, IP versions, and what is known of the client behind a load balancer."""

import asyncio
import ipaddress
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, endpoint_slice
from tests.support.eventually import PATIENCE, eventually

WARM = host_of("warm")
HEADERS = ("-H", f"host: {WARM}", "-H", f"x-api-key: {ALICE}", "-H", "content-type: application/json")


async def curl(*arguments: str) -> str:
    """What it prints; with its own message where it fails."""
    command = ("curl", "--silent", "--show-error", "--max-time", "20", *HEADERS, *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


@asynccontextmanager
async def started(gateway: Gateway, listen_address: str = "127.0.0.1", **settings: Any) -> AsyncIterator[Gateway]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(gateway.control())
        bootstrap = gateway.bootstrap(settings, listen_address=listen_address)
        await stack.enter_async_context(gateway.envoy(bootstrap=bootstrap))
        yield gateway


async def logged(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """The first lines of the access log."""

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in gateway.read_log().splitlines()]
        return found if len(found) >= count else []

    return await eventually(lines)


async def test_http_2_is_spoken_on_the_plain_port_by_who_knows_it(gateway: Gateway, engine: Engine) -> None:
    for version, option in (("1.1", "--http1.1"), ("2", "--http2-prior-knowledge"), ("1.1", "--http2")):
        shown = ("--output", "/dev/null", "--write-out", "%{http_version} %{response_code}")
        assert await curl(option, *shown, "--data", "{}", gateway.url + CHAT) == f"{version} 200", option
    alike = [{key: value for key, value in seen.items() if key != "headers"} for seen in engine.seen]
    assert alike == [alike[0]] * 3


@pytest.mark.parametrize("option", ["--http1.1", "--http2-prior-knowledge"])
async def test_a_wrong_key_with_a_large_body_breaks_no_connection(
    gateway: Gateway, tmp_path: Path, option: str
) -> None:
    large = tmp_path / "body"
    large.write_bytes(b"x" * (20 << 20))
    wrong = ("-H", "x-api-key: another", "--data-binary", f"@{large}")
    assert "invalid_api_key" in await curl(option, *wrong, gateway.url + CHAT)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_one_port_listens_on_both_kinds_of_addresses(idle_gateway: Gateway) -> None:
    async with started(idle_gateway, listen_address="::") as gateway:
        for host in ("127.0.0.1", "[::1]"):
            assert json.loads(await curl("--data", "{}", f"http://{host}:{gateway.port}{CHAT}"))["engine"] == "first"
        assert [line["ip"] for line in await logged(gateway, 2)] == ["127.0.0.1", "::1"]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
async def test_pods_may_have_ipv6_addresses(gateway: Gateway) -> None:
    async with Engine("six", "::1") as six:
        gateway.put(endpoint_slice("warm", ("::1", six.port, True)))

        async def reached() -> bool:
            async with gateway.client(WARM, ALICE) as client:
                return bool((await client.post(CHAT, json={})).json()["engine"] == "six")

        await eventually(reached)


FORWARDED = ("-H", "x-forwarded-for: 198.51.100.9, 203.0.113.7", "-H", "x-forwarded-proto: https")


@pytest.mark.parametrize(("trusted", "address"), [(0, "127.0.0.1"), (1, "203.0.113.7"), (2, "198.51.100.9")])
async def test_as_many_proxies_are_believed_as_the_settings_say(
    idle_gateway: Gateway, engine: Engine, trusted: int, address: str
) -> None:
    async with started(idle_gateway, trusted_proxies=trusted) as gateway:
        await curl(*FORWARDED, "--data", "{}", gateway.url + CHAT)
        assert (await logged(gateway, 1))[0]["ip"] == address
    headers = {name.lower(): value for name, value in engine.seen[-1]["headers"].items()}
    assert headers["x-forwarded-proto"] == ("https" if trusted else "http")
    assert headers["x-forwarded-for"].startswith("198.51.100.9")


@pytest.mark.parametrize("told", ["203.0.113.7", "2001:db8::7"])
async def test_the_proxy_protocol_tells_the_clients_address(idle_gateway: Gateway, told: str) -> None:
    async with started(idle_gateway, proxy_protocol=True) as gateway:
        family = "TCP6" if ipaddress.ip_address(told).version == 6 else "TCP4"
        near = "::1" if family == "TCP6" else "127.0.0.1"
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        request = f"POST {CHAT} HTTP/1.1\r\nhost: {WARM}\r\nx-api-key: {ALICE}\r\ncontent-length: 0\r\n\r\n"
        writer.write(f"PROXY {family} {told} {near} 4711 80\r\n{request}".encode())
        assert b" 200 " in await asyncio.wait_for(reader.readline(), 5 * PATIENCE)
        writer.close()
        await writer.wait_closed()
        await curl("--data", "{}", gateway.url + CHAT)
        assert [line["ip"] for line in await logged(gateway, 2)] == [told, "127.0.0.1"]


async def test_without_that_setting_the_proxy_protocol_is_no_http(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n\r\n")
    assert b" 400 " in await asyncio.wait_for(reader.readline(), 5 * PATIENCE)
    writer.close()
    await writer.wait_closed()


async def test_head_and_options_reach_the_engine_with_a_key(gateway: Gateway, engine: Engine) -> None:
    async with gateway.client(WARM, ALICE) as client:
        assert (await client.head("/v1/models")).status_code == 200
        assert (await client.options(CHAT)).status_code == 200
    assert [seen["method"] for seen in engine.seen] == ["HEAD", "OPTIONS"]
    async with gateway.client(WARM) as client:
        assert (await client.options(CHAT)).status_code == 401
