"""What KEDA hears, by its own protocol, while real requests come and go."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from dev.cluster.gpu_exporter import Load, render
from inferops.control.plane import ControlPlane
from inferops.control.proto import externalscaler_pb2 as pb
from inferops.names import instance_id, region_name
from inferops.settings import GatewaySettings, PrometheusSettings, Settings
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, DOMAIN, NAMESPACE, endpoint_slice, fill
from tests.gateway.prometheus import Exporter, Prometheus
from tests.support.eventually import PATIENCE, eventually

SERVICE = "/externalscaler.ExternalScaler/"


class Keda:
    """Asks as KEDA asks."""

    def __init__(self, channel: Any) -> None:
        reference = pb.ScaledObjectRef.SerializeToString
        self.is_active = channel.unary_unary(SERVICE + "IsActive", reference, pb.IsActiveResponse.FromString)
        self.stream = channel.unary_stream(SERVICE + "StreamIsActive", reference, pb.IsActiveResponse.FromString)
        self.spec = channel.unary_unary(SERVICE + "GetMetricSpec", reference, pb.GetMetricSpecResponse.FromString)
        self.metrics = channel.unary_unary(
            SERVICE + "GetMetrics", pb.GetMetricsRequest.SerializeToString, pb.GetMetricsResponse.FromString
        )

    async def active(self, name: str, **metadata: str) -> bool:
        return bool((await self.is_active(trigger(name, **metadata))).result)

    async def value(self, name: str, **metadata: str) -> float:
        reference = trigger(name, **metadata)
        request = pb.GetMetricsRequest(scaledObjectRef=reference, metricName=metadata.get("metric", "http"))
        (metric,) = (await self.metrics(request)).metricValues
        return float(metric.metricValueFloat)


def trigger(name: str, **metadata: str) -> pb.ScaledObjectRef:
    """As plan/scaling.py writes them."""
    given = {"metric": "http", "instance": instance_id(NAMESPACE, name), "target": "10", "window": "60"}
    workload = region_name(NAMESPACE, name, "here")
    return pb.ScaledObjectRef(name=workload, namespace=NAMESPACE, scalerMetadata=given | metadata)


@asynccontextmanager
async def connect(gateway: Gateway) -> AsyncIterator[Keda]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{gateway.scaler_port}") as channel:
        yield Keda(channel)


async def reported(gateway: Gateway) -> None:
    await eventually(lambda: gateway.plane.activity.known(1, time.monotonic()))


async def code_of(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code()


async def test_before_the_gateways_have_reported_nobody_is_called_idle(idle_gateway: Gateway) -> None:
    async with idle_gateway.control(), connect(idle_gateway) as keda:
        unavailable = grpc.StatusCode.UNAVAILABLE
        assert await code_of(keda.active("cold")) == unavailable
        assert await code_of(keda.value("warm")) == unavailable
        assert await keda.active("warm", podLifetime="60") is True, "with replicas, idle time counts from now on"
        assert (await keda.spec(trigger("warm"))).metricSpecs[0].targetSizeFloat == 10
        async with idle_gateway.envoy():
            await reported(idle_gateway)
            assert await keda.active("cold") is False
            assert await keda.active("warm", podLifetime="60") is True
        await eventually(lambda: not idle_gateway.plane.activity.gateways)
        assert await code_of(keda.active("cold")) == unavailable
        assert await code_of(keda.value("warm")) == unavailable


async def test_a_waiting_request_is_pushed_at_once(gateway: Gateway, engine: Engine) -> None:
    await reported(gateway)
    async with connect(gateway) as keda, gateway.client(host_of("cold"), ALICE) as client:
        stream = keda.stream(trigger("cold", podLifetime="60")).__aiter__()
        assert (await anext(stream)).result is False
        waiting = asyncio.create_task(client.post(CHAT, json={}))
        begun = time.monotonic()
        assert (await asyncio.wait_for(anext(stream), 5 * PATIENCE)).result is True
        print(f"pushed {(time.monotonic() - begun) * 1000:.0f} ms after the request")
        assert await keda.active("cold") is True
        assert await keda.value("cold") == 1
        gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
        assert (await waiting).status_code == 200


async def test_an_instance_is_active_until_its_lifetime_after_the_last_answer(gateway: Gateway) -> None:
    await reported(gateway)
    async with connect(gateway) as keda, gateway.client(host_of("warm"), ALICE) as client:
        body = {"stream": True, "chunks": 7, "pause": 0.5}
        async with client.stream("POST", CHAT, json=body) as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            await asyncio.sleep(2.2)
            assert await keda.active("warm", podLifetime="1"), "an open stream is activity"
            [line async for line in lines]
        ended = time.monotonic()

        async def idle() -> bool:
            return not await keda.active("warm", podLifetime="2")

        await eventually(idle, within=6)
        assert 2 <= time.monotonic() - ended < 4.5 * PATIENCE
        assert await keda.active("warm"), "without podLifetime it never sleeps"


async def test_an_idle_instance_asks_for_nothing_however_long_the_window_is(gateway: Gateway) -> None:
    await reported(gateway)
    async with connect(gateway) as keda, gateway.client(host_of("warm"), ALICE) as client:
        assert (await client.post(CHAT, json={})).status_code == 200

        async def asked() -> bool:
            return await keda.value("warm", window="3600", podLifetime="60") >= 1

        async def nothing() -> bool:
            return await keda.value("warm", window="3600", podLifetime="3") == 0

        await eventually(asked)
        await eventually(nothing)


async def test_until_a_window_was_counted_no_replica_is_taken_away(gateway: Gateway, engine: Engine) -> None:
    """A restarted control has counted few requests yet."""
    pods = [(engine.address, engine.port, True), ("127.0.0.9", 1, True), ("127.0.0.8", 1, False)]
    gateway.put(endpoint_slice("warm", *pods))
    await reported(gateway)
    async with connect(gateway) as keda:

        async def held() -> bool:
            return await keda.value("warm", target="10", window="60") == 20

        async def counted() -> bool:
            return await keda.value("warm", target="10", window="1") == 0

        await eventually(held)
        await eventually(counted, within=15)


async def test_requests_are_counted_exactly_by_window(gateway: Gateway) -> None:
    await reported(gateway)
    async with connect(gateway) as keda, gateway.client(host_of("warm"), ALICE) as client:
        for _ in range(37):
            await client.post(CHAT, json={})

        async def counted() -> bool:
            return await keda.value("warm") == 37

        async def over() -> bool:
            return await keda.value("warm", window="1") == 0

        await eventually(counted)
        await eventually(over, within=15)
        assert await keda.value("warm") == 37


async def test_what_waits_by_itself_after_a_restart_is_seen(gateway: Gateway, engine: Engine) -> None:
    """The request came while control was away: only the gateway's failed tries tell of it."""
    await reported(gateway)
    await gateway.plane.close()
    async with gateway.client(host_of("cold"), ALICE) as client:
        waiting = asyncio.create_task(client.post(CHAT, json={}))
        await asyncio.sleep(0.5)
        gateway.plane = ControlPlane(gateway.settings, gateway.stores)
        async with gateway.control(), connect(gateway) as keda:
            await reported(gateway)

            async def seen() -> bool:
                return await keda.active("cold")

            await eventually(seen)
            gateway.put(endpoint_slice("cold", (engine.address, engine.port, True)))
            assert (await waiting).status_code == 200


async def test_a_broken_trigger_is_an_error_that_names_the_field(gateway: Gateway) -> None:
    async with connect(gateway) as keda:
        for metadata, words in (
            ({"metric": "luck"}, 'metric is "luck"'),
            ({"instance": ""}, "instance is missing"),
            ({"target": "much"}, 'target is "much"'),
        ):
            with pytest.raises(grpc.aio.AioRpcError, match=words) as caught:
                await keda.active("warm", **metadata)
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_requests_in_progress_are_counted_and_those_that_wait(gateway: Gateway) -> None:
    await reported(gateway)
    concurrency = {"metric": "concurrency", "target": "4", "window": "1"}
    async with connect(gateway) as keda, gateway.client(host_of("warm"), ALICE) as client:
        stream = keda.stream(trigger("cold", **concurrency)).__aiter__()
        assert (await anext(stream)).result is False
        waiting = asyncio.create_task(gateway.client(host_of("cold"), ALICE).post(CHAT, json={}))
        assert (await asyncio.wait_for(anext(stream), 5 * PATIENCE)).result is True, "it wakes"
        assert await keda.value("cold", **concurrency) == 1
        waiting.cancel()
        body = {"stream": True, "chunks": 40, "pause": 0.5}
        streams = [asyncio.create_task(client.post(CHAT, json=body, timeout=60)) for _ in range(6)]

        async def counted() -> bool:
            return await keda.value("warm", **concurrency) == pytest.approx(6, rel=0.05)

        await eventually(counted, within=20)
        await asyncio.gather(*streams)

        async def calm() -> bool:
            return await keda.value("warm", **concurrency) == 0

        await eventually(calm, within=30)


async def test_gpu_metrics_hold_the_replicas_where_there_is_no_data(
    tmp_path: Path, envoy_binary: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferops.control.prometheus.CACHE_SECONDS", 0)
    workload = region_name(NAMESPACE, "warm", "here")
    exporter = Exporter(render([(NAMESPACE, f"{workload}-5d5f7c-abcde", 1)], {(NAMESPACE, workload): Load(95, 50)}))
    prometheus = Prometheus(tmp_path, exporter, {"namespace": "gpu-operator", "pod": "dcgm-exporter"})
    settings = Settings(gateway=GatewaySettings(domain=DOMAIN), prometheus=PrometheusSettings(url=prometheus.url))
    gateway = Gateway(tmp_path, envoy_binary, settings)
    gateway.put(*fill(engine.address, engine.port))
    gpu = {"metric": "gpuUtilization", "target": "80", "podLifetime": "600"}
    async with gateway.control(), gateway.envoy(), connect(gateway) as keda:

        async def is_now(value: float, **more: str) -> None:
            async def is_so() -> bool:
                return await keda.value("warm", **gpu | more) == value

            await eventually(is_so)

        await reported(gateway)
        await is_now(80)
        async with exporter.run(), prometheus.run():
            await is_now(95)
            await is_now(50, metric="gpuMemory")
            exporter.text = None
            await is_now(80)
            assert await keda.value("cold", **gpu) == 0, "idle: GPU memory stays full, replicas need not"
        assert await keda.active("warm", **gpu) is False, "a GPU wakes nothing"
