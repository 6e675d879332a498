"""What a Region says of the room it has, from nodes and pods of a real API server."""

from typing import Any

import pytest

from inferops.cluster.client import Client, Scope
from inferops.cluster.cluster import Cluster
from inferops.names import Manifest
from inferops.reconcile.queue import Key
from inferops.reconcile.region import reconcile_region
from tests.support.apiserver import ApiServer
from tests.support.world import NOON, World


@pytest.fixture
async def world(own: ApiServer, client: Client, namespace: str) -> World:
    """Two nodes of the namespace's name in region "here": one with four GPUs, one without."""
    world = World(client, namespace)
    for name, gpus in (("with", "4"), ("without", "0")):
        place = f"{name}-{namespace}"
        node: Manifest = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": place, "labels": {"zone": namespace}},
        }
        own.http.post("/api/v1/nodes", json=node).raise_for_status()
        await client.patch("Node", "", place, {"spec": {"taints": None}})  # a new node is not ready
        allocatable = {"cpu": "8", "memory": "32Gi", "pods": "10", "nvidia.com/gpu": gpus}
        patch = {"status": {"allocatable": allocatable, "capacity": allocatable}}
        await client.patch("Node", "", place, patch, subresource="status")
    await world.write("Hardware", f"gpu-{namespace}", cpu=1, memory="1Gi", gpu={"model": "L40S", "count": 2})
    await world.write("Hardware", f"cpu-{namespace}", cpu=3, memory="1Gi")
    await world.write("Region", f"here-{namespace}", id=1, nodeSelector={"zone": namespace})
    return world


async def count(world: World) -> dict[str, int]:
    """One look with nothing remembered of earlier ones; the capacities of this namespace's hardware."""
    await world.read()
    cluster = Cluster(world.client, world.cluster.stores)
    cluster.stores["Node"].replace(*await world.client.read_list("Node", Scope("")))
    name = f"here-{world.namespace}"
    assert await reconcile_region(cluster, world.settings, Key("Region", "", name), NOON) == 60
    status = (await world.client.get("Region", "", name))["status"]
    suffix = f"-{world.namespace}"
    capacities: list[dict[str, Any]] = status["capacities"]
    return {
        each["hardware"].removesuffix(suffix): each["capacity"]
        for each in capacities
        if each["hardware"].endswith(suffix)
    }


async def test_a_region_counts_what_still_fits_and_is_quiet_while_that_is_the_same(
    own: ApiServer, world: World
) -> None:
    assert await count(world) == {"cpu": 4, "gpu": 2}
    container = {"name": "c", "image": "i", "resources": {"limits": {"cpu": "4", "nvidia.com/gpu": "3"}}}
    spec = {"nodeName": f"with-{world.namespace}", "containers": [container]}
    pod = {"metadata": {"name": "theirs"}, "spec": spec}
    own.http.post(f"/api/v1/namespaces/{world.namespace}/pods", json=pod).raise_for_status()
    assert await count(world) == {"cpu": 3, "gpu": 0}
    version = (await world.client.get("Region", "", f"here-{world.namespace}"))["metadata"]["resourceVersion"]
    assert await count(world) == {"cpu": 3, "gpu": 0}
    after = (await world.client.get("Region", "", f"here-{world.namespace}"))["metadata"]["resourceVersion"]
    assert after == version
