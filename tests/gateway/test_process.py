"""`inferops control` as it runs in a cluster: with a real API server, and the rights that the chart gives it."""

import asyncio
import time
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from inferops.names import Manifest, region_name
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import ALICE, api_key, endpoint_slice, instance, key_hash, model
from tests.gateway.replica import Replica, create
from tests.support.eventually import eventually

pytestmark = pytest.mark.slow


async def ask(gateway: Gateway, name: str, namespace: str) -> int:
    async with gateway.client(host_of(name, namespace), ALICE) as client:
        return (await client.post(CHAT, json={})).status_code


def deployment(name: str) -> Manifest:
    labels = {"app": name}
    container = {"name": "engine", "image": "example.com/engine:1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ""}, "spec": spec}


async def test_resources_become_traffic_and_requests_wake_pods(
    idle_gateway: Gateway, near_engine: Engine, api: Client, kubeconfig: Path, namespace: str
) -> None:
    gateway, replica = idle_gateway, Replica(idle_gateway, kubeconfig, namespace, "only")
    here = endpoint_slice("chat", (near_engine.address, near_engine.port, True), namespace=namespace)
    workload = region_name(namespace, "chat", "here")
    async with replica.run(), gateway.envoy(wait=False):
        await create(api, namespace, model("tiny"), api_key("alice"), key_hash("alice", ALICE))
        await create(api, namespace, instance("chat", apiKeys=["alice"]), deployment(workload))
        await eventually(gateway.is_ready, within=30)
        assert await replica.ask("healthz") == 200

        async def routed() -> bool:
            return await ask(gateway, "none", namespace) == 404

        await eventually(routed)
        waiting = asyncio.create_task(ask(gateway, "chat", namespace))

        async def woken() -> bool:
            return bool((await api.get("Deployment", namespace, workload))["spec"]["replicas"] == 1)

        await eventually(woken, within=10)
        assert not waiting.done()
        await create(api, namespace, here)
        assert await waiting == 200
        await create(api, namespace, api_key("alice", disabled=True))

        async def refused() -> bool:
            return await ask(gateway, "chat", namespace) == 401

        await eventually(refused, within=1)
        await api.delete("InferenceInstance", namespace, "chat")
        await create(api, namespace, api_key("alice"))
        await eventually(lambda: gone(gateway, namespace))


async def gone(gateway: Gateway, namespace: str) -> bool:
    return await ask(gateway, "chat", namespace) == 404


async def test_one_replica_leads_and_the_next_takes_over_without_a_lost_request(
    idle_gateway: Gateway, near_engine: Engine, api: Client, kubeconfig: Path, namespace: str
) -> None:
    gateway = idle_gateway
    first, second = (Replica(gateway, kubeconfig, namespace, name) for name in ("first", "second"))
    here = endpoint_slice("chat", (near_engine.address, near_engine.port, True), namespace=namespace)
    await create(api, namespace, model("tiny"), instance("chat", auth="None"), here)
    statuses: list[int] = []
    done = asyncio.Event()

    async def steady() -> None:
        while not done.is_set():
            statuses.append(await ask(gateway, "chat", namespace))
            await asyncio.sleep(0.02)

    async with gateway.envoy(wait=False), first.run() as leader:
        await eventually(first.is_ready, within=30)
        await eventually(gateway.is_ready)
        async with second.run():
            await eventually(lambda: listens(second), within=30)
            assert await second.ask("readyz") == 503, "only the leader is Ready"
            traffic = asyncio.create_task(steady())
            begun = time.monotonic()
            leader.terminate()
            assert await leader.wait() == 0
            await eventually(second.is_ready, within=20)
            print(f"the next replica led {time.monotonic() - begun:.1f} s after the signal")
            await create(api, namespace, instance("chat", auth="None", stopped=True))

            async def stopped() -> bool:
                return await ask(gateway, "chat", namespace) == 503

            done.set()
            await traffic
            await eventually(stopped, within=10)
    assert set(statuses) == {200}


async def listens(replica: Replica) -> bool:
    return await replica.ask("healthz") == 200
