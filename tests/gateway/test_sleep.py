"""`inferops control` as it runs in a cluster ends the sleep-in of idle instances itself, where KEDA takes part."""

import asyncio
import functools
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import grpc

from inferops.cluster.client import Client
from inferops.control.proto import externalscaler_pb2 as pb
from inferops.names import Manifest, instance_id, region_name
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import endpoint_slice, instance, model
from tests.gateway.replica import Replica, create
from tests.gateway.test_process import deployment
from tests.gateway.test_scaler import Keda, connect
from tests.support.eventually import eventually

LIFETIME = 3
HTTP = {"http": {"rate": 10, "window": 60}}
SCHEDULES = {"schedules": [{"start": "0 8 * * *", "end": "0 20 * * *", "min": 1}]}
SCALES: dict[str, Manifest] = {
    "idle": {"min": 0, "max": 3, "triggers": HTTP},
    "streaming": {"min": 0, "max": 3, "triggers": HTTP},
    "scheduled": {"min": 0, "max": 3, "triggers": HTTP | SCHEDULES},
    "at-least-one": {"min": 1, "max": 3, "triggers": HTTP},
    "without-keda": {"min": 0, "max": 3, "triggers": HTTP},
}


@asynccontextmanager
async def listen(gateway: Gateway, namespace: str, *names: str) -> AsyncIterator[None]:
    """KEDA's push streams for the instances, once its polls would get an answer."""
    async with AsyncExitStack() as stack:
        keda = await stack.enter_async_context(connect(gateway))
        for name in names:
            metadata = {"metric": "http", "instance": instance_id(namespace, name), "target": "10"}
            workload = region_name(namespace, name, "here")
            reference = pb.ScaledObjectRef(name=workload, namespace=namespace, scalerMetadata=metadata)
            stream = keda.stream(reference)
            stack.callback(stream.cancel)
            await anext(stream.__aiter__())
            await eventually(functools.partial(answers, keda, reference), within=30)
        yield


async def answers(keda: Keda, reference: pb.ScaledObjectRef) -> bool:
    """Whether control knows what the gateways do."""
    with suppress(grpc.aio.AioRpcError):
        await keda.is_active(reference)
        return True
    return False


async def test_an_idle_instance_sleeps_at_the_end_of_its_lifetime_unless_others_decide_on_it(
    idle_gateway: Gateway, near_engine: Engine, api: Client, kubeconfig: Path, namespace: str
) -> None:
    gateway, replica = idle_gateway, Replica(idle_gateway, kubeconfig, namespace, "only")
    await create(api, namespace, model("tiny"))
    for name, scale in SCALES.items():
        regions = [{"region": "here", "scale": scale}]
        started = deployment(region_name(namespace, name, "here"))
        started["spec"]["replicas"] = 1
        here = endpoint_slice(name, (near_engine.address, near_engine.port, True), namespace=namespace)
        spec = instance(name, auth="None", podLifetime=LIFETIME, regions=regions)
        await create(api, namespace, spec, started, here)

    # nobody polls here: what sleeps was put to sleep by control
    async def replicas(name: str) -> int:
        return int((await api.get("Deployment", namespace, region_name(namespace, name, "here")))["spec"]["replicas"])

    async def slept() -> float:
        return time.monotonic() if await replicas("idle") == 0 else 0

    async with replica.run(), gateway.envoy(wait=False):
        await eventually(replica.is_ready, within=30)
        await eventually(gateway.is_ready, within=30)
        heard = [name for name in SCALES if name != "without-keda"]
        async with listen(gateway, namespace, *heard), gateway.client(host_of("idle", namespace)) as client:
            assert (await client.post(CHAT, json={})).status_code == 200
            ended = time.monotonic()
            watching = asyncio.create_task(eventually(slept, within=30))
            await stream(gateway, namespace, 2 * LIFETIME)
            others = {name: await replicas(name) for name in SCALES if name != "idle"}
            assert set(others.values()) == {1}, f"long after their time: {others}"
            late = await watching - ended - LIFETIME
            print(f"asleep {late:.2f} s after the end of podLifetime")
            assert late > -0.1


async def stream(gateway: Gateway, namespace: str, seconds: float) -> None:
    """An answer that takes so long."""
    async with gateway.client(host_of("streaming", namespace)) as client:
        body = {"stream": True, "chunks": round(seconds), "pause": 1.0}
        async with client.stream("POST", CHAT, json=body) as answer:
            assert answer.status_code == 200
            [line async for line in answer.aiter_lines()]
