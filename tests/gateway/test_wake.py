"""`inferops control` as it runs in a cluster wakes instances itself, where KEDA does not."""

import asyncio
import time
from pathlib import Path

from inferops.cluster.client import Client
from inferops.control.wake import PATIENCE
from inferops.names import region_name
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import endpoint_slice, instance, model
from tests.gateway.replica import Replica, create
from tests.gateway.test_process import deployment
from tests.gateway.test_sleep import listen
from tests.support.eventually import eventually

UNHEARD, HEARD = "keda-does-not-listen", "keda-does-nothing"


async def test_control_wakes_at_once_what_keda_does_not_listen_for_and_soon_what_it_does_not_wake(
    idle_gateway: Gateway, near_engine: Engine, api: Client, kubeconfig: Path, namespace: str
) -> None:
    gateway, replica = idle_gateway, Replica(idle_gateway, kubeconfig, namespace, "only")
    await create(api, namespace, model("tiny"))
    for name in (UNHEARD, HEARD):
        workload = region_name(namespace, name, "here")
        await create(api, namespace, instance(name, auth="None"), deployment(workload))

    async def ask(name: str) -> int:
        async with gateway.client(host_of(name, namespace)) as client:
            return (await client.post(CHAT, json={})).status_code

    async def woken_after(name: str, begun: float) -> float:
        async def woken() -> float:
            found = await api.get("Deployment", namespace, region_name(namespace, name, "here"))
            return time.monotonic() - begun if found["spec"]["replicas"] == 1 else 0

        return await eventually(woken, within=30)

    async with replica.run(), gateway.envoy(wait=False):
        await eventually(replica.is_ready, within=30)
        await eventually(gateway.is_ready, within=30)
        async with listen(gateway, namespace, HEARD):
            begun = time.monotonic()
            answers = asyncio.gather(ask(UNHEARD), ask(HEARD))
            unheard, heard = await asyncio.gather(woken_after(UNHEARD, begun), woken_after(HEARD, begun))
            print(f"woken after {unheard:.2f} s, {heard:.2f} s where KEDA listens")
            assert unheard < heard
            assert heard >= PATIENCE
            for name in (UNHEARD, HEARD):
                here = endpoint_slice(name, (near_engine.address, near_engine.port, True), namespace=namespace)
                await create(api, namespace, here)
            assert set(await answers) == {200}
