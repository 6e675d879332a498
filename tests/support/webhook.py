"""The chart's ValidatingWebhookConfiguration, asking a replica of a test, and what people write before it."""

import asyncio
import json
from typing import Any

from inferops.names import API_VERSION, Manifest
from tests.apiserver.test_chart import render_chart
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess

GPU = {"cpu": "1", "memory": "1Gi", "gpu": {"model": "L4", "count": 2}}
CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/inferops"


def point_to(server: ApiServer, port: int) -> None:
    """The chart's configuration, asking at a port of this machine rather than a Service."""
    (found,) = (each for each in render_chart(()) if each["kind"] == "ValidatingWebhookConfiguration")
    found["webhooks"][0]["clientConfig"] = {"url": f"https://127.0.0.1:{port}/validate"}
    if not server.http.get(CONFIGURATION).is_success:
        server.http.post(CONFIGURATION.rpartition("/")[0], json=found).raise_for_status()
    else:
        patch = [
            {"op": "replace", "path": "/webhooks/0/clientConfig/url", "value": f"https://127.0.0.1:{port}/validate"}
        ]
        headers = {"Content-Type": "application/json-patch+json"}
        server.http.patch(CONFIGURATION, content=json.dumps(patch), headers=headers).raise_for_status()


async def wait_answering(server: ApiServer, replica: OperatorProcess) -> None:
    """Until the API server asks this replica, and believes its certificate."""
    await replica.wait_ready()
    await asyncio.to_thread(point_to, server, replica.webhook_port)
    probe = build("Registry", "probe", "default", {"url": "ghcr.io", "dockerConfigSecretRef": {"name": "nothing"}})

    async def is_asked() -> bool:
        _, said = await asyncio.to_thread(apply, server, probe, "--dry-run=server")
        return "there is no Secret" in said

    await eventually(is_asked, within=30, interval=0.3)


def build(kind: str, name: str, namespace: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def build_instance(space: str, **spec: Any) -> Manifest:
    given = {
        "model": f"tiny-{space}",
        "auth": "None",
        "regions": [{"region": f"eu-{space}", "scale": {"min": 1, "max": 1}}],
    }
    return build("InferenceInstance", "chat", space, given | spec)


async def write_catalog(server: ApiServer, space: str) -> None:
    model = {"image": "engine:1", "source": "file:///m", "defaultHardware": f"gpu-{space}"}
    for manifest in (
        build("Hardware", f"gpu-{space}", "", GPU),
        build("Region", f"eu-{space}", "", {"id": int(space[-4:], 16)}),
        build("Model", f"tiny-{space}", "", model),
    ):
        code, said = await asyncio.to_thread(apply, server, manifest)
        assert not code, said


def apply(server: ApiServer, manifest: Manifest, *flags: str) -> tuple[int, str]:
    """kubectl apply: its exit status, and all that a person reads."""
    done = server.run_kubectl("apply", "-f", "-", *flags, stdin=json.dumps(manifest))
    return done.returncode, done.stdout + done.stderr
