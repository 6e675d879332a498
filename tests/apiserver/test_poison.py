"""One object that fails, hangs or is always refused: the rest of the fleet does not notice."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.cluster.connection import Connection
from inferops.handlers import worker
from inferops.handlers.operator import Operator
from inferops.names import API_VERSION, Manifest, instance_id
from inferops.reconcile.queue import Key
from inferops.settings import Settings
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.ports import find_free_ports

POLICIES = "/apis/admissionregistration.k8s.io/v1"


def build(kind: str, name: str, spec: Manifest, namespace: str = "") -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


class Fleet:
    """A reconciler that fails for `broken`, hangs for `hanging`, and notes how often it was called."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}

    async def reconcile(self, cluster: Cluster, settings: Settings, key: Key, now: datetime) -> None:
        assert cluster.stores
        assert settings
        assert now
        self.calls[key.name] = self.calls.get(key.name, 0) + 1
        if key.name == "broken":
            raise KeyError("spec")
        if key.name == "hanging":
            await asyncio.Event().wait()


async def test_a_reconcile_that_fails_and_one_that_hangs_leave_the_others_alone(
    client: Client, connection: Connection, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LONGEST_SECONDS", 1.0)
    fleet, names = Fleet(), ["broken", "hanging", *(f"good-{number}" for number in range(20))]
    for name in names:
        await client.create(build("Registry", name, {"url": "ghcr.io"}, namespace))
    (port,) = find_free_ports(1)
    settings = Settings(namespace=namespace, watch_namespaces=[namespace], health_port=port, workers=2)
    async with Operator(settings, connection, {"Registry": fleet.reconcile}, identity="one") as operator:
        await operator.sync()
        await eventually(lambda: set(fleet.calls) == set(names), within=5)
        await eventually(lambda: fleet.calls["hanging"] >= 2, within=10)
        assert 2 <= fleet.calls["broken"] <= 6, "the pause between its tries doubles"
        assert {fleet.calls[name] for name in names if name.startswith("good")} == {1}
        assert operator.find_deaths() == []
        await client.patch("Registry", namespace, "good-0", {"spec": {"url": "docker.io"}})
        await eventually(lambda: fleet.calls["good-0"] == 2, within=2)
        assert not operator.failed


@pytest.fixture
async def refused(own: ApiServer, namespace: str) -> AsyncIterator[str]:
    """Name of an instance whose Service an admission policy refuses."""
    name = f"deny-{namespace}"
    target = instance_id(namespace, "poison")
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}]
    check = {"expression": f"object.metadata.name != '{target}'", "message": "no Service of that name here"}
    policy = {"matchConstraints": {"resourceRules": rules}, "validations": [check], "failurePolicy": "Fail"}
    for plural, spec in (
        ("validatingadmissionpolicies", policy),
        ("validatingadmissionpolicybindings", {"policyName": name, "validationActions": ["Deny"]}),
    ):
        own.http.post(f"{POLICIES}/{plural}", json={"metadata": {"name": name}, "spec": spec}).raise_for_status()
    probe = {"metadata": {"name": target}, "spec": {"ports": [{"port": 80}]}}
    path = f"/api/v1/namespaces/{namespace}/services?dryRun=All"
    await eventually(lambda: own.http.post(path, json=probe).status_code == 422, within=20)
    yield "poison"
    for plural in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
        own.http.delete(f"{POLICIES}/{plural}/{name}").raise_for_status()


async def test_a_child_that_is_always_refused_is_told_of_and_tried_seldom(
    own: ApiServer, client: Client, namespace: str, refused: str, tmp_path: Path
) -> None:
    catalog = f"c-{secrets.token_hex(4)}"
    await client.create(build("Hardware", catalog, {"cpu": "1", "memory": "1Gi"}))
    await client.create(build("Region", catalog, {"id": secrets.randbelow(10**6)}))
    region = {"region": catalog, "scale": {"min": 1, "max": 1}}
    spec = {"image": "engine:1", "containerPort": 80, "hardware": catalog, "auth": "None", "regions": [region]}
    settings = {"namespace": namespace, "watchNamespaces": [namespace]}
    operator = await asyncio.to_thread(OperatorProcess, tmp_path, own.kubeconfig, settings, "one")
    try:
        await operator.wait_leading()
        names = [refused, *(f"good-{number}" for number in range(10))]
        manifests = [json.dumps(build("InferenceInstance", name, spec, namespace)) for name in names]
        applied = await asyncio.to_thread(own.run_kubectl, "create", "-f", "-", stdin="\n".join(manifests))
        assert applied.returncode == 0, applied.stderr

        async def read_messages(name: str) -> str:
            obj = await client.get("InferenceInstance", namespace, name)
            return " ".join(each["message"] for each in obj.get("status", {}).get("conditions") or [])

        async def are_done() -> bool:
            found = [await read_messages(name) for name in names[1:]]
            return all(found)

        await eventually(are_done)
        assert "no Service of that name here" in await eventually(lambda: read_messages(refused))
        await asyncio.sleep(5)
        refusals = await operator.read("inferops_api_requests_total", "code")
        assert refusals["422"] <= 3
    finally:
        assert operator.terminate() == 0
