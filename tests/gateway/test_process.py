"""`inferops control` as it runs in a cluster: with a real API server, and the rights that the chart gives it."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.names import API_VERSION, Manifest, region_name
from tests.apiserver.test_chart import NAMESPACE as SYSTEM
from tests.gateway.conftest import fixture
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, TLS, Gateway, free_ports, host_of
from tests.gateway.objects import ALICE, DOMAIN, api_key, endpoint_slice, instance, key_hash, model
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.service_account import write_service_account


@pytest.fixture
def kubeconfig(own: ApiServer, tmp_path: Path) -> Path:
    """A kubeconfig of control's service account, as the chart makes it."""
    return write_service_account(own, "inferops-control", tmp_path)


@fixture
async def api(own: ApiServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """The API server, as administrator."""
    monkeypatch.setenv("KUBECONFIG", str(own.kubeconfig))
    async with Client(read_connection(own.context)) as client:
        yield client


@fixture
async def near_engine() -> AsyncIterator[Engine]:
    """An engine at an address of this machine that is not loopback, which EndpointSlices may not have."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, chooses a route
        except OSError:
            pytest.skip("this machine has no address but loopback")
        address = probe.getsockname()[0]
    async with Engine("near", address) as engine:
        yield engine


class Replica:
    """One control process."""

    def __init__(self, gateway: Gateway, kubeconfig: Path, namespace: str, identity: str) -> None:
        (self.port,) = free_ports(1)
        settings = {
            "namespace": SYSTEM,
            "watchNamespaces": [namespace],
            "gateway": {"domain": DOMAIN, "xdsPort": gateway.xds_port},
            "scaler": {"port": gateway.scaler_port},
            "healthPort": self.port,
        }
        self._settings = gateway.folder / f"{identity}.yaml"
        self._settings.write_text(yaml.safe_dump(settings))
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "INFEROPS_SETTINGS": str(self._settings)}
        self._identity = identity

    @asynccontextmanager
    async def run(self) -> AsyncIterator["asyncio.subprocess.Process"]:
        arguments = ["-m", "inferops", "control", "--identity", self._identity, "--log-format", "plain"]
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=self._environment)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def is_ready(self) -> bool:
        return await self.ask("readyz") == 200

    async def ask(self, path: str) -> int:
        """Status of a health path; 0: nobody listens."""
        async with httpx.AsyncClient(verify=TLS) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/{path}")).status_code
            except httpx.TransportError:
                return 0


def fresh(obj: Manifest, namespace: str) -> Manifest:
    """The object as one creates it."""
    kept = {key: value for key, value in obj["metadata"].items() if key in {"name", "labels"}}
    return {**obj, "metadata": {**kept, **({"namespace": namespace} if "namespace" in obj["metadata"] else {})}}


async def create(api: Client, namespace: str, *objects: Manifest) -> None:
    """In that order; hashes belong to the ApiKey that is there."""
    for obj in objects:
        manifest = fresh(obj, namespace)
        for owner in obj["metadata"].get("ownerReferences", ()):
            uid = (await api.get(owner["kind"], namespace, owner["name"]))["metadata"]["uid"]
            manifest["metadata"]["ownerReferences"] = [{**owner, "apiVersion": API_VERSION, "uid": uid}]
        await api.apply(manifest, manager="test")


@pytest.fixture
def namespace(own: ApiServer) -> str:
    name = f"gateway-{time.monotonic_ns()}"
    own.http.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    return name


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
