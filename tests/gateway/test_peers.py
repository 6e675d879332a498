"""Mutual TLS between the gateway and control: who gets in, and certificates that change under traffic."""

import asyncio
import base64
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
import yaml
from envoy.service.discovery.v3.ads_pb2_grpc import AggregatedDiscoveryServiceStub
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest

from inferops.gateway.peers import build_files
from inferops.handlers.certificate import RENEW_BEFORE, build_pair
from inferops.handlers.peers import SECRETS, SETTLING, plan_peers
from inferops.names import CONTROL, GATEWAY
from tests.gateway.certificates import mount
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, SETTINGS, api_key, endpoint_slice, fill, instance
from tests.support.eventually import eventually

NOW = datetime.now(UTC)
HOSTS = ["localhost"]
MOUNTED = ("tls.crt", "tls.key", "ca.crt")
"""What the chart takes from the Secrets."""
Secrets = dict[str, dict[str, str]]


def plan(live: Secrets, now: datetime) -> Secrets:
    everybody: Secrets = {who: {} for who in SECRETS}
    planned = plan_peers(everybody | live, "space", now, SETTLING)
    return {who: planned[who] for who in live}


def make(*owners: str) -> Secrets:
    """Secrets of a new beginning, for names that this machine has."""
    made = {who: build_pair(HOSTS, NOW) for who in (CONTROL, GATEWAY)}
    other = {CONTROL: GATEWAY, GATEWAY: CONTROL}
    texts = {
        who: {"tls.crt": made[who].certificate, "tls.key": made[who].key, "ca.crt": made[other[who]].certificate}
        for who in owners or other
    }
    return {
        who: {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
        for who, data in texts.items()
    }


def mount_all(folder: Path, secrets: Secrets) -> None:
    for who, data in secrets.items():
        mount(folder / who, {name: base64.b64decode(data[name]) for name in MOUNTED})


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    made = make()
    mount_all(tmp_path, made)
    return made


@pytest.fixture
def guarded(tmp_path: Path, envoy_binary: str, engine: Engine, secrets: Secrets) -> Gateway:
    """A gateway and control, not started, that know each other by those Secrets."""
    assert secrets
    peers = SETTINGS.gateway.model_copy(update={"peer_certificates": str(tmp_path / CONTROL)})
    gateway = Gateway(tmp_path, envoy_binary, SETTINGS.model_copy(update={"gateway": peers}))
    gateway.put(*fill(engine.address, engine.port))
    for name, content in build_files(tmp_path / GATEWAY).items():
        (tmp_path / name).write_text(yaml.safe_dump(content))
    return gateway


def bootstrap(gateway: Gateway) -> str:
    return gateway.bootstrap({"peer_certificates": str(gateway.folder / GATEWAY)}, control_host="localhost")


async def status(gateway: Gateway, name: str) -> int:
    async with gateway.client(host_of(name), ALICE) as client:
        return (await client.post(CHAT, json={})).status_code


async def test_certificates_change_under_traffic_and_the_gateway_stays_connected(guarded: Gateway) -> None:
    statuses: set[int] = set()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(guarded.envoy(wait=False, bootstrap=bootstrap(guarded)))
        async with guarded.control("localhost"):
            await eventually(guarded.is_ready, within=20)
            statuses.add(await status(guarded, "warm"))
            mount_all(guarded.folder, make())  # nothing that was trusted is trusted any more
            statuses.add(await status(guarded, "warm"))
            guarded.put(instance("warm", auth="None", stopped=True))
            await eventually(lambda: answers(guarded, 503))  # over the connection that is open
        guarded.put(instance("warm", auth="None"))
        async with guarded.control("localhost"):  # over a new one
            await eventually(lambda: answers(guarded, 200), within=20)
    assert statuses == {200}


async def test_limits_of_keys_are_asked_for_the_same_way(guarded: Gateway) -> None:
    guarded.put(api_key("alice", limits={"requestsPerMinute": 2}))
    async with guarded.control("localhost"), guarded.envoy(wait=False, bootstrap=bootstrap(guarded)):
        await eventually(guarded.is_ready, within=20)
        assert [await status(guarded, "warm") for _ in range(3)] == [200, 200, 429]


async def answers(gateway: Gateway, expected: int) -> bool:
    return await status(gateway, "warm") == expected


async def test_holds_are_asked_for_the_same_way(guarded: Gateway, engine: Engine) -> None:
    async with guarded.control("localhost"), guarded.envoy(bootstrap=bootstrap(guarded)):
        held = asyncio.create_task(status(guarded, "cold"))
        await asyncio.sleep(0.3)
        assert not held.done()
        guarded.put(endpoint_slice("cold", (engine.address, engine.port, True)))
        assert await held == 200


@pytest.mark.parametrize("which", ["no certificate", "one that nobody knows", "plain text"])
async def test_who_is_not_the_gateway_learns_nothing_from_control(guarded: Gateway, which: str) -> None:
    trusted = (guarded.folder / GATEWAY / "ca.crt").read_bytes()
    stranger = build_pair(HOSTS, NOW)
    address = f"localhost:{guarded.xds_port}"
    own = (stranger.key.encode(), stranger.certificate.encode()) if which == "one that nobody knows" else (None, None)
    async with guarded.control("localhost"):
        channel = (
            grpc.aio.insecure_channel(address)
            if which == "plain text"
            else grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(trusted, *own))
        )
        async with channel:
            with pytest.raises((grpc.aio.AioRpcError, asyncio.InvalidStateError)):
                await subscribe(channel)
    assert not guarded.plane.snapshot.subscribers


async def subscribe(channel: grpc.aio.Channel) -> None:
    call = AggregatedDiscoveryServiceStub(channel).DeltaAggregatedResources(timeout=5)
    await call.write(DeltaDiscoveryRequest(type_url="x"))
    await call.read()


async def test_the_gateway_believes_nobody_but_control(guarded: Gateway) -> None:
    mount_all(guarded.folder, make(CONTROL))  # another control than the gateway's Secret tells of
    async with guarded.control("localhost"), guarded.envoy(wait=False, bootstrap=bootstrap(guarded)):
        await asyncio.sleep(2)
        assert not await guarded.is_ready()


def test_both_sides_know_a_successor_before_it_shows_itself() -> None:
    first = plan({who: {} for who in SECRETS}, NOW)
    assert trusted(first, GATEWAY) == [shown(first, CONTROL)]
    assert trusted(first, CONTROL) == [shown(first, GATEWAY)]
    assert plan(first, NOW + timedelta(days=59)) == first
    renewal = NOW + timedelta(days=90) - RENEW_BEFORE
    announced = plan(first, renewal)
    assert shown(announced, CONTROL) == shown(first, CONTROL)
    assert len(trusted(announced, GATEWAY)) == len(trusted(announced, CONTROL)) == 2
    assert plan(announced, renewal + SETTLING / 2) == announced
    served = plan(announced, renewal + SETTLING)
    assert [shown(served, CONTROL), shown(first, CONTROL)] == trusted(served, GATEWAY)
    assert shown(served, CONTROL) in trusted(announced, GATEWAY)


def shown(secrets: Secrets, who: str) -> str:
    return base64.b64decode(secrets[who]["tls.crt"]).decode()


def trusted(secrets: Secrets, who: str) -> list[str]:
    """The certificates that it trusts."""
    end = "-----END CERTIFICATE-----\n"
    return [each + end for each in base64.b64decode(secrets[who]["ca.crt"]).decode().split(end)[:-1]]
