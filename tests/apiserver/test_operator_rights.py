"""The rights that the chart gives the operator suffice for everything it does."""

import asyncio
import json
import re
import secrets
from pathlib import Path

import pytest

from inferops.cluster.client import Client
from inferops.errors import NotFound
from inferops.names import API_VERSION, Manifest, instance_id
from tests.apiserver.test_chart import NAMESPACE
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.service_account import write_service_account
from tests.support.webhook import CONFIGURATION, point_to

ROUTES = {"kind": "HTTPRoute", "parentRefs": [{"name": "web", "namespace": "infra"}]}


@pytest.fixture
def kubeconfig(own: ApiServer, tmp_path: Path) -> Path:
    """A kubeconfig of the chart's service account, where instances get HTTPRoutes."""
    values = ("--set-json", f"settings.ingress={json.dumps(ROUTES)}")
    return write_service_account(own, "inferops-operator", tmp_path, values)


def build(kind: str, name: str, namespace: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.usefixtures("keda", "gateway_api")
async def test_the_charts_rights_suffice(
    own: ApiServer, client: Client, kubeconfig: Path, namespace: str, tmp_path: Path
) -> None:
    catalog, name = f"c-{secrets.token_hex(4)}", instance_id(namespace, "chat")
    await client.create(build("Hardware", catalog, "", {"cpu": "100m", "memory": "64Mi"}))
    await client.create(build("Region", catalog, "", {"id": secrets.randbelow(10**6)}))
    admission = {"enabled": True}
    settings = {"namespace": NAMESPACE, "watchNamespaces": [namespace], "ingress": ROUTES, "admission": admission}
    operator = await asyncio.to_thread(OperatorProcess, tmp_path, kubeconfig, settings, f"rights-{catalog}")
    try:
        await operator.wait_leading()
        await asyncio.to_thread(point_to, own, operator.webhook_port)
        await eventually(lambda: own.http.get(CONFIGURATION).json()["webhooks"][0]["clientConfig"].get("caBundle"))
        await client.create(build("ApiKey", "key", namespace, {}))
        region: Manifest = {
            "region": catalog,
            "scale": {"min": 0, "max": 2, "triggers": {"http": {"rate": 1, "window": 10}}},
        }
        spec = {"image": "engine:1", "containerPort": 8000, "hardware": catalog, "regions": [region]}
        await client.create(build("InferenceInstance", "chat", namespace, {**spec, "apiKeys": ["key"]}))
        await eventually(lambda: is_there(client, "PodDisruptionBudget", namespace, name))
        await operator.quiesce()
        excluding = {"spec": {"ports": [{"name": "http", "port": 1}]}}  # ours cannot be merged beside it
        await client.patch("Service", namespace, name, excluding)
        await eventually(lambda: has_port(client, namespace, name, 8000))
        region["scale"]["max"] = 1  # a single pod needs no PodDisruptionBudget: it is deleted
        await client.patch("InferenceInstance", namespace, "chat", {"spec": {"regions": [region]}})
        await eventually(lambda: is_gone(client, "PodDisruptionBudget", namespace, name))
        wrong = {"spec": {"hardware": "nothing", "stopped": True}}  # a stop holds all the same
        await client.patch("InferenceInstance", namespace, "chat", wrong)
        await operator.quiesce()
        assert await is_there(client, "ReferenceGrant", NAMESPACE, f"inferops-{namespace}")
        writes = await operator.read_writes()
        ours = {"InferenceInstance", "ApiKey", "Event"}
        assert {"Service", "Deployment", "ScaledObject", "Secret", "HTTPRoute", *ours} <= writes.keys()
        refused = await operator.read("inferops_api_requests_total", "code")
        assert "403" not in refused
        assert not re.search(r"\b403\b", operator.log.read_text())
    finally:
        own.http.delete(CONFIGURATION)
        assert operator.terminate() == 0


async def is_there(client: Client, kind: str, namespace: str, name: str) -> bool:
    try:
        return bool(await client.get(kind, namespace, name))
    except NotFound:
        return False


async def is_gone(client: Client, kind: str, namespace: str, name: str) -> bool:
    return not await is_there(client, kind, namespace, name)


async def has_port(client: Client, namespace: str, name: str, port: int) -> bool:
    live = await client.get("Service", namespace, name)
    return [each["port"] for each in live["spec"]["ports"]] == [port]
