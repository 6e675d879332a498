"""What the operator writes for an instance from its creation until it is Available.

There is no kubelet here and no controller, so the benchmark plays them: a pod for each Deployment, which becomes ready
after a moment, the Deployment's own status, and KEDA's word on the ScaledObject.
"""

import asyncio
from contextlib import aclosing
from pathlib import Path

from bench.operator.contestants import run_operator
from bench.operator.fleet import AWAKE, build_instance, create_instances
from bench.operator.statuses import Statuses
from inferops.cluster.client import Client, Scope
from inferops.names import Manifest
from tests.support.apiserver import ApiServer

KEDA_SECONDS, START_SECONDS = 0.3, 3.0
"""From the Deployment until KEDA has taken up its ScaledObject, and until the pod answers."""
WITHIN = 180.0


async def measure_writes(server: ApiServer, client: Client, folder: Path, count: int) -> float:
    """Writes for each of so many instances: children, statuses and Events."""
    with run_operator(server, folder) as operator:
        await operator.wait_leading(WITHIN)
        await operator.quiesce()
        before = sum((await operator.read_writes()).values())
        async with Statuses(client) as statuses:
            playing = asyncio.create_task(play_controllers(client))
            await create_instances(client, (build_instance(number, AWAKE) for number in range(count)))
            await statuses.wait_available(count, WITHIN)
            await operator.quiesce()
            playing.cancel()
        return (sum((await operator.read_writes()).values()) - before) / count


async def play_controllers(client: Client) -> None:
    """For ever: each new Deployment gets its pod."""
    _, version = await client.read_list("Deployment", Scope())
    async with asyncio.TaskGroup() as group, aclosing(client.watch("Deployment", version, Scope())) as events:
        async for event in events:
            if event["type"] == "ADDED":
                group.create_task(run_deployment(client, event["object"]))


async def run_deployment(client: Client, deployment: Manifest) -> None:
    """From its creation until its one pod answers."""
    namespace, name = deployment["metadata"]["namespace"], deployment["metadata"]["name"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    metadata = {"name": f"{name}-0", "namespace": namespace, "labels": labels}
    containers = [{"name": "engine", "image": "engine:1"}]
    await client.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}})
    starting: Manifest = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1}
    await client.patch("Deployment", namespace, name, {"status": starting}, subresource="status")
    taken_up = {"conditions": [{"type": "Ready", "status": "True", "reason": "ScaledObjectReady", "message": "ready"}]}
    await asyncio.sleep(KEDA_SECONDS)
    await client.patch("ScaledObject", namespace, name, {"status": taken_up}, subresource="status")
    await asyncio.sleep(START_SECONDS)
    running = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    await client.patch("Pod", namespace, f"{name}-0", {"status": running}, subresource="status")
    ready = starting | {"readyReplicas": 1, "availableReplicas": 1, "unavailableReplicas": 0}
    await client.patch("Deployment", namespace, name, {"status": ready}, subresource="status")
