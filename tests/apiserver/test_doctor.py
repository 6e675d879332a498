"""`inferops doctor` against a real API server: only what it can know there."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from inferops.cluster.client import Client
from inferops.names import Manifest
from tests.apiserver.test_chart import NAMESPACE, render_chart
from tests.support.apiserver import ApiServer
from tests.support.crds import CRD_PATH
from tests.support.service_account import write_service_account
from tests.support.user import write_user
from tests.support.webhook import CONFIGURATION


async def examine(kubeconfig: Path, namespace: str = NAMESPACE) -> tuple[int, dict[str, Any]]:
    """Exit status, and the lines by subject."""
    command = [sys.executable, "-m", "inferops", "doctor", "--system-namespace", namespace, "-o", "json"]
    environment = os.environ | {"KUBECONFIG": str(kubeconfig)}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    answer = json.loads(done.stdout)
    assert answer["healthy"] is (done.returncode == 0)
    return done.returncode, {line["subject"]: line for each in answer["sections"] for line in each["lines"]}


async def test_the_charts_rights_are_all_that_the_operator_needs(
    own: ApiServer, keda: ApiServer, tmp_path: Path
) -> None:
    assert keda.ours
    write_service_account(own, "inferops-operator", tmp_path)
    _, lines = await examine(own.kubeconfig)
    assert lines["operator"]["mark"] == "ok", lines["operator"]["text"]


async def test_a_lost_binding_and_a_missing_installation_fail(own: ApiServer, tmp_path: Path) -> None:
    write_service_account(own, "inferops-operator", tmp_path)
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/inferops-operator"
    own.http.delete(path).raise_for_status()
    status, lines = await examine(own.kubeconfig)
    assert status == 1
    assert "Secret: get, list, watch, create" in lines["operator"]["text"]
    assert lines["inferops-operator"]["text"] == f"is not installed in namespace {NAMESPACE}"


@pytest.fixture
async def installed(client: Client, own: ApiServer, namespace: str) -> AsyncIterator[str]:
    """The namespace of the chart, and what controllers and kubelets would make of it."""
    manifests = render_chart(("--namespace", namespace))
    applied = own.run_kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))
    assert not applied.returncode, applied.stderr
    for deployment in await client.list("Deployment", namespace=namespace):
        name, replicas = deployment["metadata"]["name"], deployment["spec"]["replicas"]
        status = {"replicas": replicas, "readyReplicas": 1 if name == "inferops-control" else replicas}
        await client.patch("Deployment", namespace, name, {"status": status}, subresource="status")
        await client.apply(build_slice(namespace, name), manager="kubelet")
    for name in ("inferops-operator", "inferops-control"):
        await client.apply(build_lease(namespace, name), manager="replica")
    yield namespace
    own.http.delete(CONFIGURATION).raise_for_status()  # nobody answers there, and every later write would wait for it


def build_slice(namespace: str, service: str) -> Manifest:
    labels = {"kubernetes.io/service-name": service}
    endpoint = {"addresses": ["10.0.0.1"], "conditions": {"ready": True}}
    meta = {"name": service, "namespace": namespace, "labels": labels}
    kind = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"}
    return {**kind, "metadata": meta, "addressType": "IPv4", "endpoints": [endpoint]}


def build_lease(namespace: str, name: str) -> Manifest:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": f"{name}-1", "renewTime": stamp, "leaseDurationSeconds": 30}
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}


async def test_what_the_chart_installs_is_found_and_healthy(own: ApiServer, keda: ApiServer, installed: str) -> None:
    assert keda.ours
    _, lines = await examine(own.kubeconfig, installed)
    assert "settings" not in lines, lines["settings"]
    names = ("inferops-operator", "inferops-control", "inferops-gateway")
    healthy = [*names, "Lease inferops-operator", "Lease inferops-control", "versions", "scaler", "operator"]
    assert {name: lines[name]["mark"] for name in healthy} == dict.fromkeys(healthy, "ok")
    assert lines["inferops-control"]["text"] == "1 of 2 pods ready, the one that acts"
    wrong = {subject for subject, line in lines.items() if line["mark"] == "failure"}
    assert wrong <= {"KEDA", "metrics API", "certificate"}, wrong  # nobody runs KEDA or the operator here


async def test_kinds_are_this_releases_until_somebody_changes_one(own: ApiServer) -> None:
    _, lines = await examine(own.kubeconfig)
    names = [
        f"{plural}.inferops.dev" for plural in ("inferenceinstances", "registries", "apikeys", "models", "regions")
    ]
    assert {name: lines[name]["mark"] for name in names} == dict.fromkeys(names, "ok")
    crd = own.http.get(f"{CRD_PATH}/regions.inferops.dev").json()
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    description = spec["properties"]["countryCode"].pop("description")
    patch = {"spec": crd["spec"]}
    headers = {"content-type": "application/merge-patch+json"}
    own.http.patch(f"{CRD_PATH}/regions.inferops.dev", json=patch, headers=headers).raise_for_status()
    try:
        _, lines = await examine(own.kubeconfig)
        assert "differs in spec.properties.countryCode.description" in lines["regions.inferops.dev"]["text"]
    finally:
        spec["properties"]["countryCode"]["description"] = description
        own.http.patch(f"{CRD_PATH}/regions.inferops.dev", json=patch, headers=headers).raise_for_status()


async def test_a_gpu_node_without_its_device_plugin_is_named(client: Client, own: ApiServer) -> None:
    meta = {"name": "gpu-node", "labels": {"nvidia.com/gpu.present": "true"}}
    own.http.post("/api/v1/nodes", json={"metadata": meta}).raise_for_status()
    try:
        status, lines = await examine(own.kubeconfig)
        assert status == 1
        assert lines["nvidia.com/gpu"]["text"].endswith("offer none: gpu-node")
    finally:
        await client.delete("Node", "", "gpu-node")


async def test_it_writes_nothing(own: ApiServer) -> None:
    before = read_write_counts(own)
    await examine(own.kubeconfig)
    assert read_write_counts(own) == before


def read_write_counts(own: ApiServer) -> dict[str, str]:
    """Writes by verb and resource, as the API server counts them; not those of its own controllers."""
    lines = own.http.get("/metrics").text.splitlines()
    samples = (line.rpartition(" ") for line in lines if line.startswith("apiserver_request_total{"))
    own_resources = ("leases", "subjectaccessreviews", "endpoints", "endpointslices", "flowschemas")
    return {
        name: count
        for name, _, count in samples
        if not any(f'resource="{kind}' in name for kind in (*own_resources, "prioritylevelconfigurations"))
        and any(f'verb="{verb}"' in name for verb in ("POST", "PUT", "PATCH", "APPLY", "DELETE"))
    }


async def test_a_user_without_rights_is_told_what_cannot_be_seen(
    own: ApiServer, namespace: str, tmp_path: Path
) -> None:
    _, lines = await examine(write_user(own, namespace, tmp_path))
    unseen = {subject for subject, line in lines.items() if line["mark"] == "unseen"}
    assert {"CustomResourceDefinition", "Deployment", "Node", "operator", "settings"} <= unseen


@pytest.mark.parametrize("arguments", [("--context", "absent"), ("--settings", "/absent.yaml")])
async def test_what_cannot_be_examined_ends_with_status_2(own: ApiServer, arguments: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "inferops", "doctor", *arguments]
    environment = os.environ | {"KUBECONFIG": str(own.kubeconfig)}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "absent" in done.stderr
    assert "Traceback" not in done.stderr
