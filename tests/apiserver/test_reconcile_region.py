"""What a Region says of the room it has, from nodes and pods of a real API server, by the operator as a process."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.names import Manifest, region_name
from inferops.plan.conditions import find_condition
from inferops.reconcile.region import ROOM_SECONDS
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.world import World

WITHIN = 5.0
"""Seconds after which a Region has to be true again."""


class Room:
    """A Region "here" of the namespace's name with two nodes: one with four GPUs, one without."""

    def __init__(self, own: ApiServer, client: Client, namespace: str) -> None:
        self.world = World(client, namespace, keda=True)
        self.client, self.namespace, self.region = client, namespace, f"here-{namespace}"
        self._own = own

    def node(self, name: str) -> str:
        """Its full name."""
        return f"{name}-{self.namespace}"

    async def build(self) -> None:
        for name, gpus in (("with", "4"), ("without", "0")):
            metadata = {"name": self.node(name), "labels": {"zone": self.namespace}}
            node: Manifest = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
            self._own.http.post("/api/v1/nodes", json=node).raise_for_status()
            await self.client.patch("Node", "", self.node(name), {"spec": {"taints": None}})  # a new node is not ready
            await self.offer(name, gpus)
        await self.world.write("Hardware", f"gpu-{self.namespace}", cpu=1, memory="1Gi", gpu={"model": "x", "count": 2})
        await self.world.write("Hardware", f"cpu-{self.namespace}", cpu=3, memory="1Gi")
        await self.world.write("Region", self.region, id=1, nodeSelector={"zone": self.namespace})

    async def clear(self) -> None:
        """Every operator that starts later would count it too."""
        await self.client.delete("Region", "", self.region)
        for name in (f"gpu-{self.namespace}", f"cpu-{self.namespace}"):
            await self.client.delete("Hardware", "", name)
        for name in ("with", "without"):
            await self.client.delete("Node", "", self.node(name))

    async def offer(self, node: str, gpus: str) -> None:
        has = {"cpu": "8", "memory": "32Gi", "pods": "10", "nvidia.com/gpu": gpus}
        conditions = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
        status = {"status": {"allocatable": has, "capacity": has, "conditions": conditions}}
        await self.client.patch("Node", "", self.node(node), status, subresource="status")

    def place(self, name: str, node: str, **amounts: str) -> None:
        """A pod of somebody's."""
        limits = {key.replace("gpu", "nvidia.com/gpu"): amount for key, amount in amounts.items()}
        container = {"name": "c", "image": "i", "resources": {"limits": limits}}
        pod = {"metadata": {"name": name}, "spec": {"nodeName": self.node(node), "containers": [container]}}
        self._own.http.post(f"/api/v1/namespaces/{self.namespace}/pods", json=pod).raise_for_status()

    async def shows(self, **expected: int) -> None:
        """Until the capacities of this namespace's hardware are so."""

        async def probe() -> bool:
            status = (await self.client.get("Region", "", self.region)).get("status") or {}
            counted = {each["hardware"]: each["capacity"] for each in status.get("capacities") or []}
            assert {name: counted.get(f"{name}-{self.namespace}") for name in expected} == expected
            return True

        await eventually(probe, within=WITHIN)

    async def holds(self, **expected: int) -> None:
        """What would fit without any pod; the last count says it."""
        status = (await self.client.get("Region", "", self.region))["status"]
        counted = {each["hardware"]: each["total"] for each in status["capacities"]}
        assert {name: counted[f"{name}-{self.namespace}"] for name in expected} == expected

    async def version(self) -> str:
        """Of the Region: another one after each write."""
        return str((await self.client.get("Region", "", self.region))["metadata"]["resourceVersion"])


@pytest.fixture
async def operator(keda: ApiServer, namespace: str, tmp_path: Path) -> AsyncIterator[OperatorProcess]:
    settings = {"namespace": namespace, "watchNamespaces": [namespace]}
    process = OperatorProcess(tmp_path, keda.kubeconfig, settings, "one")
    await process.wait_leading()
    yield process
    process.terminate()


@pytest.fixture
async def room(operator: OperatorProcess, own: ApiServer, client: Client, namespace: str) -> AsyncIterator[Room]:
    assert operator.pid
    room = Room(own, client, namespace)
    await room.build()
    yield room
    await room.clear()


async def test_a_region_follows_pods_and_nodes_within_seconds(room: Room) -> None:
    await room.shows(cpu=4, gpu=2)
    room.place("theirs", "with", cpu="4", gpu="3")
    await room.shows(cpu=3, gpu=0)
    await room.holds(cpu=4, gpu=2)
    gone: dict[str, Any] = {"status": {"phase": "Succeeded"}}
    await room.client.patch("Pod", room.namespace, "theirs", gone, subresource="status")
    await room.shows(cpu=4, gpu=2)
    await room.client.patch("Node", "", room.node("with"), {"spec": {"unschedulable": True}})
    await room.shows(cpu=2, gpu=0)
    await room.client.patch("Node", "", room.node("with"), {"spec": {"unschedulable": None}})
    await room.offer("with", "8")
    await room.shows(cpu=4, gpu=4)
    await room.holds(cpu=4, gpu=4)
    taint = {"key": "dedicated", "value": "others", "effect": "NoSchedule"}
    await room.client.patch("Node", "", room.node("with"), {"spec": {"taints": [taint]}})
    await room.shows(cpu=2, gpu=0)
    lost = {"status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]}}
    await room.client.patch("Node", "", room.node("without"), lost, subresource="status")
    await room.shows(cpu=0, gpu=0)
    await room.client.delete("Node", "", room.node("with"))
    await room.offer("without", "2")
    await room.shows(cpu=2, gpu=1)


async def test_a_pod_that_ends_holds_its_gpus_until_it_is_gone(room: Room, own: ApiServer) -> None:
    room.place("ending", "with", gpu="4")
    await room.shows(gpu=0)
    pod = f"/api/v1/namespaces/{room.namespace}/pods/ending"
    own.http.delete(pod).raise_for_status()
    before = await room.version()
    await asyncio.sleep(2)
    await room.shows(gpu=0)
    assert await room.version() == before
    own.http.delete(pod, params={"gracePeriodSeconds": "0"}).raise_for_status()  # as its kubelet does
    await room.shows(gpu=2)


async def test_what_changes_no_capacity_writes_nothing(room: Room) -> None:
    await room.shows(cpu=4, gpu=2)
    numbers = itertools.count()

    async def is_quiet() -> bool:  # hardware that another test took away counts in every region
        before = await room.version()
        for _ in range(5):
            number = next(numbers)
            room.place(f"small-{number}", "with", memory="1Mi")
            heartbeat = {"status": {"conditions": [{"type": "Ready", "status": "True", "message": f"beat {number}"}]}}
            await room.client.patch("Node", "", room.node("with"), heartbeat, subresource="status")
        await asyncio.sleep(3)
        return await room.version() == before

    await eventually(is_quiet, within=60)


async def test_hardware_that_comes_or_goes_is_counted_or_not(room: Room) -> None:
    await room.world.write("Hardware", f"big-{room.namespace}", cpu=8, memory="1Gi")
    await room.shows(big=2, cpu=4)
    await room.client.delete("Hardware", "", f"big-{room.namespace}")

    async def is_gone() -> bool:
        status = (await room.client.get("Region", "", room.region))["status"]
        return all(each["hardware"] != f"big-{room.namespace}" for each in status["capacities"])

    await eventually(is_gone, within=WITHIN)


async def test_an_instance_that_sleeps_where_nothing_fits_says_so_before_anybody_waits(room: Room) -> None:
    scale = {"min": 0, "max": 2, "triggers": {"http": {"rate": 1, "window": 10}}}
    room.place("theirs", "with", gpu="3")
    await room.shows(gpu=0)
    spec = {"image": "engine:1", "containerPort": 8000, "hardware": f"gpu-{room.namespace}", "auth": "None"}
    await room.world.write("InferenceInstance", "chat", **spec, regions=[{"region": room.region, "scale": scale}])
    name = region_name(room.namespace, "chat", room.region)
    await eventually(lambda: room.world.names("ScaledObject"), within=WITHIN)
    ready = {"conditions": [{"type": "Ready", "status": "True", "reason": "ScaledObjectReady", "message": "ready"}]}
    await room.client.patch("ScaledObject", room.namespace, name, {"status": ready}, subresource="status")

    async def says(reason: str) -> Manifest:
        obj = await room.client.get("InferenceInstance", room.namespace, "chat")
        assert (find_condition(obj, "Scalable") or {}).get("reason") == reason
        return obj

    status = (await eventually(lambda: says("NoCapacity"), within=WITHIN))["status"]
    assert (status["phase"], status["reason"]) == ("PENDING", "NoCapacity")
    wish = "it asks for 1 cpu and 1Gi memory and 2 nvidia.com/gpu, and what the nodes have is in use."
    assert status["message"].startswith(f"It sleeps, and a request would wait: No node has room for a replica: {wish}")
    version = (await says("NoCapacity"))["metadata"]["resourceVersion"]
    room.place("more", "with", gpu="1")
    await asyncio.sleep(2)
    assert (await says("NoCapacity"))["metadata"]["resourceVersion"] == version
    for pod in ("theirs", "more"):
        over = {"status": {"phase": "Succeeded"}}
        await room.client.patch("Pod", room.namespace, pod, over, subresource="status")
    await room.shows(gpu=2)
    await eventually(lambda: says("KedaReady"), within=ROOM_SECONDS + WITHIN)
