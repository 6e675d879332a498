"""What control knows of idle times, over its own end and that of gateways."""

import asyncio
import time
from pathlib import Path

import grpc
import pytest

from inferops.cluster.client import Client
from inferops.control.idleness import NAME, Idleness
from inferops.control.plane import ControlPlane
from inferops.names import instance_id
from tests.apiserver.test_chart import NAMESPACE as SYSTEM
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, NAMESPACE, endpoint_slice, instance, model
from tests.gateway.replica import Replica, create
from tests.gateway.test_scaler import Keda, connect, reported
from tests.support.eventually import PATIENCE, eventually

pytestmark = pytest.mark.slow
LIFETIME = 25
"""Seconds; longer than a control process takes until it leads."""


async def ask(gateway: Gateway, name: str, namespace: str = NAMESPACE, **body: object) -> int:
    async with gateway.client(host_of(name, namespace), ALICE) as client:
        return (await client.post(CHAT, json=body)).status_code


async def test_who_was_idle_goes_on_being_idle_under_the_next_control(
    idle_gateway: Gateway, near_engine: Engine, api: Client, kubeconfig: Path, namespace: str
) -> None:
    gateway = idle_gateway
    for name in ("chat", "other"):
        here = endpoint_slice(name, (near_engine.address, near_engine.port, True), namespace=namespace)
        await create(api, namespace, model(name), instance(name, model=name, auth="None"), here)
    first, second = (Replica(gateway, kubeconfig, namespace, name) for name in ("first", "second"))

    async def idle(keda: Keda, name: str, lifetime: int) -> bool:
        try:
            return not await keda.active(name, instance=instance_id(namespace, name), podLifetime=str(lifetime))
        except grpc.aio.AioRpcError:
            return False  # the gateways have not reported yet

    async with gateway.envoy(wait=False):
        async with first.run() as process:
            await eventually(first.is_ready, within=30)
            await eventually(gateway.is_ready)
            await eventually(lambda: answers(gateway, "chat", namespace))
            last = time.monotonic()
            await asyncio.sleep(5)
            assert await ask(gateway, "other", namespace) == 200
            await asyncio.sleep(2)
            process.terminate()
            assert await process.wait() == 0
        record = (await api.get("ConfigMap", SYSTEM, NAME))["data"]["idleSince"]
        assert instance_id(namespace, "chat") in record
        async with second.run(), connect(gateway) as keda:
            await eventually(second.is_ready, within=30)
            ready = time.monotonic()
            await eventually(lambda: idle(keda, "chat", LIFETIME), within=LIFETIME)
            assert LIFETIME <= time.monotonic() - last < LIFETIME + max(ready - last - LIFETIME, 0) + 8 * PATIENCE
            assert not await idle(keda, "other", 60)


async def answers(gateway: Gateway, name: str, namespace: str) -> bool:
    return await ask(gateway, name, namespace) == 200


async def test_what_was_served_while_control_was_away_counts(gateway: Gateway) -> None:
    await reported(gateway)
    assert await ask(gateway, "warm") == 200
    await gateway.plane.close()
    assert [await ask(gateway, "warm") for _ in range(7)] == [200] * 7
    long_ago = time.monotonic() - 100
    idle = {instance_id(NAMESPACE, name): long_ago for name in ("warm", "open")}
    gateway.plane = ControlPlane(gateway.settings, gateway.stores)
    async with gateway.control(before=Idleness(time.monotonic(), idle)), connect(gateway) as keda:
        await reported(gateway)
        assert await keda.active("warm", podLifetime="60")
        assert await keda.value("warm", target="1", window="3600") == 7
        assert not await keda.active("open", podLifetime="60"), "nobody asked it"


@pytest.mark.parametrize("seconds", [3, 15])
async def test_a_stream_is_activity_whether_it_ends_before_the_next_control_is_there(
    gateway: Gateway, seconds: int
) -> None:
    await reported(gateway)
    streaming = asyncio.create_task(ask(gateway, "warm", stream=True, chunks=seconds, pause=1))
    await eventually(lambda: gateway.plane.activity.busy(instance_id(NAMESPACE, "warm")))
    await gateway.plane.close()
    before = gateway.plane.idleness(0)
    gateway.plane = ControlPlane(gateway.settings, gateway.stores)
    async with gateway.control(before=before), connect(gateway) as keda:
        await reported(gateway)
        assert streaming.done() == (seconds < 5)
        assert await keda.active("warm", podLifetime="6")
        assert await streaming == 200
