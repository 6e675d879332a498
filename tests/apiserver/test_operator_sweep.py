"""The first read and the sweep: what kopf's watches missed comes to light."""

import asyncio

import pytest

from inferops.cluster.client import Client, Scope
from inferops.cluster.store import Store
from inferops.errors import ClusterError
from inferops.handlers import sweep as module
from inferops.handlers.sweep import read_all, sweep
from inferops.names import API_VERSION, Manifest


def build_registry(namespace: str, name: str, url: str = "registry.example.com") -> Manifest:
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": API_VERSION, "kind": "Registry", "metadata": metadata, "spec": {"url": url}}


def list_names(objects: list[Manifest]) -> list[str]:
    return sorted(obj["metadata"]["name"] for obj in objects)


async def test_missed_creations_changes_and_deletions_are_found_and_told(client: Client, namespace: str) -> None:
    store, told = Store(), list[Manifest]()
    scope = Scope(namespace)
    for name in ("same", "changed", "gone", "recreated"):
        await client.create(build_registry(namespace, name))
    await read_all(client, "Registry", store, scope)
    assert list_names(store.values()) == ["changed", "gone", "recreated", "same"]
    await client.patch("Registry", namespace, "changed", {"spec": {"url": "other.example.com"}})
    await client.create(build_registry(namespace, "new"))
    for name in ("gone", "recreated"):
        await client.delete("Registry", namespace, name)
    recreated = await client.create(build_registry(namespace, "recreated"))
    assert await sweep(client, "Registry", store, scope, told.append) == 4
    assert list_names(told) == ["changed", "gone", "new", "recreated"]
    assert list_names(store.values()) == ["changed", "new", "recreated", "same"]
    changed, live = store.get(namespace, "changed"), store.get(namespace, "recreated")
    assert changed is not None
    assert changed["spec"]["url"] == "other.example.com"
    assert live is not None
    assert live["metadata"]["uid"] == recreated["metadata"]["uid"]
    assert await sweep(client, "Registry", store, scope, told.append) == 0


async def test_a_sweep_of_one_namespace_leaves_the_others(client: Client, namespace: str) -> None:
    store = Store()
    await client.create(build_registry(namespace, "one"))
    await read_all(client, "Registry", store, Scope(namespace))
    assert await sweep(client, "Registry", store, Scope(f"{namespace}-other"), lambda _: None) == 0
    assert list_names(store.values()) == ["one"]


async def test_the_first_read_waits_for_the_api_server(
    client: Client, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    real, calls = client.read_list, list[str]()

    async def read_list(kind: str, scope: Scope, *, metadata: bool = False) -> tuple[list[Manifest], str]:
        calls.append(kind)
        if len(calls) < 3:
            raise ClusterError("away")
        return await real(kind, scope, metadata=metadata)

    monkeypatch.setattr(client, "read_list", read_list)
    await client.create(build_registry(namespace, "one"))
    store = Store()
    await asyncio.wait_for(read_all(client, "Registry", store, Scope(namespace)), 5)
    assert list_names(store.values()) == ["one"]
