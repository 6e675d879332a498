"""What tests of the operator's process write and read: a small catalog, instances that sleep."""

from collections.abc import Callable

from inferops.cluster.client import Client
from inferops.errors import NotFound
from inferops.names import API_VERSION, Manifest
from tests.support.operator_process import OperatorProcess

Start = Callable[[str], OperatorProcess]
"""Starts a replica by its identity."""
HARDWARE: Manifest = {"displayName": "Small", "cpu": "100m", "memory": "64Mi"}
MODEL: Manifest = {"engine": "Custom", "image": "engine:1", "servedName": "small", "port": 8000, "features": ["chat"]}


def build(kind: str, name: str, spec: Manifest, namespace: str = "") -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def build_instance(catalog: str, namespace: str, name: str) -> Manifest:
    scale = {"min": 0, "max": 2, "triggers": {"http": {"rate": 1, "window": 10}}}
    spec = {"model": catalog, "auth": "None", "regions": [{"region": catalog, "scale": scale}]}
    return build("InferenceInstance", name, spec, namespace)


async def read_status(client: Client, namespace: str, name: str) -> Manifest:
    """The status, once it speaks of the present generation."""
    obj = await client.get("InferenceInstance", namespace, name)
    status: Manifest = obj.get("status", {})
    assert status.get("observedGeneration") == obj["metadata"]["generation"]
    return status


async def read_or_none(client: Client, kind: str, namespace: str, name: str) -> Manifest | None:
    try:
        return await client.get(kind, namespace, name)
    except NotFound:
        return None
