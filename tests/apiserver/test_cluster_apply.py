"""Applying: nothing is written where nothing differs, and whatever differs is mended. On a real API server, because
its normalising and its record of applied fields are what the comparison rests on.
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.errors import Conflict, NameConflict, Rejected
from inferops.names import Manifest
from inferops.plan.types import Replicas

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "plan"
CASES = sorted(path.name for path in GOLDEN.glob("*.out.yaml"))
OWNER = {"apiVersion": "inferops.dev/v1alpha1", "kind": "InferenceInstance", "name": "one", "uid": "u1"}


def read_golden(case: str) -> list[Manifest]:
    return [document for document in yaml.safe_load_all((GOLDEN / case).read_text()) if document]


def count_writes() -> float:
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        if metric.name == "inferops_api_requests"
        for sample in metric.samples
        if is_write(sample.name, sample.labels)
    )


def count_requests() -> float:
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        if metric.name == "inferops_api_requests"
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


def is_write(name: str, labels: Mapping[str, str]) -> bool:
    reads = {"GET", "LIST", "WATCH"}
    return name.endswith("_total") and labels["verb"] not in reads and labels["code"].startswith("2")


def build_service(namespace: str, **owner: str) -> Manifest:
    reference = {**OWNER, **owner, "controller": True}
    metadata = {"name": "one", "namespace": namespace, "labels": {"app": "one"}, "ownerReferences": [reference]}
    ports = [{"name": "http", "port": 80}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"clusterIP": "None", "ports": ports}}


def build_deployment(namespace: str) -> Manifest:
    engine = {
        "name": "engine",
        "image": "engine:1",
        "ports": [{"name": "http", "containerPort": 80}],
        "env": [{"name": "A", "value": "1"}],
    }
    pod: Manifest = {"containers": [engine], "volumes": [{"name": "shm", "emptyDir": {}}]}
    spec = {
        "selector": {"matchLabels": {"app": "one"}},
        "template": {"metadata": {"labels": {"app": "one"}}, "spec": pod},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": build_service(namespace)["metadata"],
        "spec": spec,
    }


def merge(tree: Any, change: Any) -> Any:
    """As a person edits: by name in lists; None removes."""
    if isinstance(change, dict):
        merged = {**tree, **{key: merge(tree.get(key, {}), value) for key, value in change.items()}}
        return {key: value for key, value in merged.items() if value is not None}
    if isinstance(change, list) and all(isinstance(item, dict) for item in tree):
        edits = {item["name"]: item for item in change}
        return [merge(item, edits.get(item["name"], {})) for item in tree]
    return change


async def read_afresh(client: Client, manifests: list[Manifest]) -> Cluster:
    """A cluster as after a restart: its stores know the objects, and nothing else is remembered."""
    cluster = Cluster(client)
    for manifest in manifests:
        metadata = manifest["metadata"]
        cluster.stores[manifest["kind"]].put(
            await client.get(manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        )
    return cluster


async def apply(cluster: Cluster, manifest: Manifest) -> bool:
    if manifest["kind"] == "Deployment":
        spec = {key: value for key, value in manifest["spec"].items() if key != "replicas"}
        return await cluster.apply_deployment({**manifest, "spec": spec}, Replicas(None, manifest["spec"]["replicas"]))
    if manifest["kind"] == "InferenceInstance":
        return await cluster.apply_status(manifest, manifest["status"])
    return await cluster.apply(manifest)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("keda", "gateway_api")
async def test_a_plan_is_written_once_and_never_again(client: Client, namespace: str, case: str) -> None:
    manifests = read_golden(case)
    for manifest in manifests:
        manifest["metadata"]["namespace"] = namespace
        if manifest["kind"] == "InferenceInstance":
            await client.create({key: value for key, value in manifest.items() if key != "status"})
    cluster = Cluster(client)
    assert all([await apply(cluster, manifest) for manifest in manifests])
    restarted = await read_afresh(client, manifests)
    before = count_writes()
    for known in (cluster, restarted):
        written = [manifest["kind"] for manifest in manifests if await apply(known, manifest)]
        assert written == []
    assert count_writes() == before


CHANGES: dict[str, tuple[Manifest, Manifest]] = {
    "value": ({"spec": {"ports": [{"name": "http", "port": 81}]}}, {"spec": {"ports": [{"name": "http", "port": 80}]}}),
    "label": ({"metadata": {"labels": {"app": "x"}}}, {"metadata": {"labels": {"app": "one"}}}),
    "removed label": ({"metadata": {"labels": {"app": None}}}, {"metadata": {"labels": {"app": "one"}}}),
    "owner": ({"metadata": {"ownerReferences": None}}, {}),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_drift_of_a_field_of_ours_is_mended(client: Client, namespace: str, name: str) -> None:
    change, expected = CHANGES[name]
    manifest = build_service(namespace)
    await Cluster(client).apply(manifest)
    await client.patch("Service", namespace, "one", change)
    cluster = await read_afresh(client, [manifest])
    if name == "owner":
        with pytest.raises(NameConflict, match=f"Service {namespace}/one exists and is not ours"):
            await cluster.apply(manifest)
        return
    assert await cluster.apply(manifest)
    assert not await cluster.apply(manifest)
    live = await client.get("Service", namespace, "one")
    assert live["metadata"]["labels"] == expected.get("metadata", {}).get("labels", {"app": "one"})
    assert live["spec"]["ports"][0]["port"] == 80


EXCLUDING: dict[str, Manifest] = {
    "another port of that name": {"containers": [{"name": "engine", "ports": [{"name": "http", "containerPort": 81}]}]},
    "another type of volume": {"volumes": [{"name": "shm", "emptyDir": None, "hostPath": {"path": "/tmp"}}]},  # noqa: S108
    "a reference in place of a value": {
        "containers": [
            {
                "name": "engine",
                "env": [{"name": "A", "value": None, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            }
        ]
    },
}


@pytest.mark.parametrize("name", EXCLUDING)
async def test_an_edit_that_excludes_a_field_of_ours_is_undone(client: Client, namespace: str, name: str) -> None:
    manifest = build_deployment(namespace)
    await Cluster(client).apply_deployment(manifest, Replicas(None, 0))
    await client.patch("Deployment", namespace, "one", {"spec": {"replicas": 3}}, subresource="scale")
    edited = merge(await client.get("Deployment", namespace, "one"), {"spec": {"template": {"spec": EXCLUDING[name]}}})
    await client.replace(edited, manager="kubectl-edit")
    cluster = await read_afresh(client, [manifest])
    assert await cluster.apply_deployment(manifest, Replicas(None, 0))
    assert not await cluster.apply_deployment(manifest, Replicas(None, 0))
    del manifest["spec"]["template"]["spec"]["containers"][0]["env"]
    assert await cluster.apply_deployment(manifest, Replicas(None, 0))
    live = await client.get("Deployment", namespace, "one")
    (engine,) = live["spec"]["template"]["spec"]["containers"]
    assert ([port["containerPort"] for port in engine["ports"]], "env" in engine) == ([80], False)
    assert (live["spec"]["template"]["spec"]["volumes"][0], live["spec"]["replicas"]) == (
        {"name": "shm", "emptyDir": {}},
        3,
    )


async def test_a_manifest_that_is_itself_refused_says_why(client: Client, namespace: str) -> None:
    manifest = build_deployment(namespace)
    cluster = Cluster(client)
    await cluster.apply_deployment(manifest, Replicas(None, 0))
    manifest["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] = 100000
    with pytest.raises(Rejected, match="must be between 1 and 65535"):
        await cluster.apply_deployment(manifest, Replicas(None, 0))


async def test_an_edit_of_a_field_that_is_not_ours_stays(client: Client, namespace: str) -> None:
    manifest = build_service(namespace)
    await Cluster(client).apply(manifest)
    edit: Manifest = {
        "metadata": {"labels": {"team": "a"}, "annotations": {"note": "mine"}},
        "spec": {"sessionAffinity": "ClientIP"},
    }
    await client.patch("Service", namespace, "one", edit)
    cluster = await read_afresh(client, [manifest])
    assert not await cluster.apply(manifest)
    manifest["metadata"]["labels"]["more"] = "b"
    assert await cluster.apply(manifest)
    live = await client.get("Service", namespace, "one")
    assert live["metadata"]["labels"] == {"app": "one", "more": "b", "team": "a"}
    assert (live["metadata"]["annotations"], live["spec"]["sessionAffinity"]) == ({"note": "mine"}, "ClientIP")


async def test_a_field_that_the_plan_drops_goes(client: Client, namespace: str) -> None:
    manifest = build_service(namespace)
    manifest["metadata"]["annotations"] = {"old": "1"}
    await Cluster(client).apply(manifest)
    del manifest["metadata"]["annotations"]
    cluster = await read_afresh(client, [manifest])
    assert await cluster.apply(manifest)
    assert "annotations" not in (await client.get("Service", namespace, "one"))["metadata"]


async def test_an_object_of_somebody_else_is_left_alone(client: Client, namespace: str) -> None:
    theirs = build_service(namespace)
    del theirs["metadata"]["ownerReferences"]
    await client.create(theirs)
    for cluster in (Cluster(client), await read_afresh(client, [theirs])):
        with pytest.raises(NameConflict, match="exists and is not ours: delete or rename it"):
            await cluster.apply(build_service(namespace))
    assert "ownerReferences" not in (await client.get("Service", namespace, "one"))["metadata"]


async def test_the_holder_of_a_name_is_told(client: Client, namespace: str) -> None:
    await Cluster(client).apply(build_service(namespace, name="two", uid="u2"))
    with pytest.raises(NameConflict, match="exists and belongs to InferenceInstance two"):
        await Cluster(client).apply(build_service(namespace))


async def test_what_an_earlier_owner_of_the_same_name_left_is_waited_for(client: Client, namespace: str) -> None:
    await Cluster(client).apply(build_service(namespace, uid="earlier"))
    with pytest.raises(Conflict, match="still being deleted"):
        await Cluster(client).apply(build_service(namespace))


async def test_what_admission_makes_of_a_manifest_is_not_asked_for_again(client: Client, namespace: str) -> None:
    """As long as the object stays as it was answered; here a field that the record cannot show: an empty value."""
    manifest = build_service(namespace)
    manifest["spec"]["externalIPs"] = []
    manifest["spec"]["selector"] = None
    cluster = Cluster(client)
    assert await cluster.apply(manifest)
    assert not await cluster.apply(manifest)
    await client.patch("Service", namespace, "one", {"metadata": {"labels": {"app": "x"}}})
    cluster.stores["Service"].put(await client.get("Service", namespace, "one"))
    assert await cluster.apply(manifest)


async def test_prune_takes_what_the_plan_no_longer_names(client: Client, namespace: str) -> None:
    cluster = Cluster(client)
    manifests: list[Any] = []
    for name, owner in (("keep", "u1"), ("drop", "u1"), ("other", "u2")):
        manifest = copy.deepcopy(build_service(namespace, uid=owner, name=owner))
        manifest["metadata"]["name"] = name
        await cluster.apply(manifest)
        manifests.append(manifest)
    await cluster.prune("u1", {("Service", "keep")})
    left = await client.list("Service", namespace=namespace)
    assert [obj["metadata"]["name"] for obj in left] == ["keep", "other"]


async def test_a_new_object_costs_one_request(client: Client, namespace: str) -> None:
    before = count_requests()
    await Cluster(client).apply(build_service(namespace))
    assert count_requests() - before == 1


async def test_what_a_user_changed_beside_our_status_is_left_to_the_watch(client: Client, namespace: str) -> None:
    cluster = Cluster(client)
    name = {"name": "one", "namespace": namespace}
    key: Manifest = {"apiVersion": "inferops.dev/v1alpha1", "kind": "ApiKey", "metadata": name, "spec": {}}
    seen = await client.create(key)
    cluster.stores["ApiKey"].put(seen)
    changed = await client.patch("ApiKey", namespace, "one", {"spec": {"disabled": True}})
    await cluster.apply_status(seen, {"observedGeneration": 1})
    assert cluster.stores["ApiKey"].put(changed), "the change is news"
