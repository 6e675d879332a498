"""The instances of the benchmark and what they name. All sleep (`scale.min: 0`), so that their status is final without
pods: the API server here has no kubelet. Each owns seven objects.
"""

import asyncio
from collections.abc import Iterable

from inferops.cluster.client import Client
from inferops.cluster.resources import RESOURCES
from inferops.names import API_VERSION, SYSTEM_NAMESPACE, Manifest
from tests.support.apiserver import ApiServer

NAMESPACES = 10
CREATORS = 16
"""Requests at once of the one who applies the instances."""
KINDS = ("NetworkPolicy", "Service", "Ingress", "PodDisruptionBudget", "Deployment", "ScaledObject")
CHILDREN = 7
"""Of one instance: one of each of KINDS, and a second Service."""
SLEEPING = {"min": 0, "max": 4, "triggers": {"http": {"rate": 10, "window": 60}}}
AWAKE = {"min": 1, "max": 4}


def build(kind: str, name: str, spec: Manifest, namespace: str = "") -> Manifest:
    """One of our kinds."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def build_catalog() -> list[Manifest]:
    """What instances name, cluster-wide."""
    gpu = {"model": "L40S", "count": 1, "memory": "48Gi"}
    model = {"image": "docker.io/vllm/vllm-openai:v0.32.0", "source": "hf://acme/chat-8b", "defaultHardware": "l40s"}
    return [
        build("Hardware", "l40s", {"cpu": "16", "memory": "232Gi", "gpu": gpu, "pricePerHour": "1.50"}),
        build("Region", "eu", {"id": 1}),
        build("Model", "chat-8b", model),
    ]


def namespace_of(number: int) -> str:
    """Instances are spread evenly."""
    return f"team-{number % NAMESPACES}"


def build_instance(number: int, scale: Manifest = SLEEPING) -> Manifest:
    """The instance of that number."""
    spec = {"model": "chat-8b", "apiKeys": ["app"], "regions": [{"region": "eu", "scale": scale}]}
    return build("InferenceInstance", f"chat-{number:05}", spec, namespace_of(number))


async def create_world(server: ApiServer, client: Client) -> None:
    """Namespaces, the catalog and an ApiKey in each namespace."""
    teams = [namespace_of(number) for number in range(NAMESPACES)]
    for name in [SYSTEM_NAMESPACE, *teams]:
        server.http.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    for manifest in [*build_catalog(), *(build("ApiKey", "app", {}, team) for team in teams)]:
        await client.create(manifest)


async def create_instances(client: Client, instances: Iterable[Manifest]) -> None:
    """All of them, several at a time."""
    waiting = iter(instances)

    async def create() -> None:
        for manifest in waiting:
            await client.create(manifest)

    async with asyncio.TaskGroup() as group:
        for _ in range(CREATORS):
            group.create_task(create())


def count_children(server: ApiServer) -> int:
    """How many children there are: the API server counts."""
    return sum(count(server, RESOURCES[kind].path()) for kind in KINDS)


def count(server: ApiServer, path: str) -> int:
    """Objects of a collection, without the API server's own Service."""
    page = server.http.get(path, params={"limit": "1"}).json()
    found: int = len(page["items"]) + page["metadata"].get("remainingItemCount", 0)
    return found - 1 if path.endswith("/services") else found
