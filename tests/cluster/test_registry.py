"""Passwords of the private registry and the pulls of real pods."""

import base64
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.cluster.layout import NODE_IP, REGISTRY_PASSWORD, REGISTRY_PORT, REGISTRY_USER, Layout
from inferops.names import Manifest
from tests.cluster.here import Here
from tests.support.eventually import eventually

HOST = f"{NODE_IP}:{REGISTRY_PORT}"
SERVE = "echo hello > /tmp/index.html && exec /busybox httpd -f -p 8080 -h /tmp"
ALWAYS = {"spec": {"containers": [{"name": "engine", "imagePullPolicy": "Always"}]}}


@pytest.fixture(scope="module")
def image(layout: Layout, busybox_archive: Path) -> Iterator[str]:
    """An image that only the private registry has, which nodes speak plain HTTP to, as its administrator told them."""
    known = layout.state / "certs.d" / HOST
    known.mkdir(parents=True)
    (known / "hosts.toml").write_text(f'server = "http://{HOST}"\n[host."http://{HOST}"]\n')
    name = f"{HOST}/cluster-test/engine:{uuid.uuid4().hex[:8]}"
    credentials = f"--dest-creds={REGISTRY_USER}:{REGISTRY_PASSWORD}"
    copy = ["skopeo", "copy", "-q", "--dest-tls-verify=false", credentials]
    try:
        subprocess.run([*copy, f"docker-archive:{busybox_archive}", f"docker://{name}"], check=True)
        yield name
    finally:
        (known / "hosts.toml").unlink()
        known.rmdir()


def write_password(here: Here, password: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"password": password}}
    here.apply(secret)


async def wait_verified(here: Here, reason: str) -> Any:
    """The status of the Registry, once the registry has said so."""

    def said() -> Any:
        status = here.read("Registry", "private").get("status") or {}
        assert status.get("verified") == reason, status
        return status

    return await eventually(said, within=10, interval=0.2)


async def wait_reason(here: Here, reason: str) -> str:
    """The sentence of the instance, once it is about that."""

    def told() -> str:
        status = here.read("InferenceInstance", "chat").get("status") or {}
        assert status.get("reason") == reason, status
        return str(status["message"])

    return await eventually(told, within=60, interval=0.5)


async def wait_running(here: Here) -> Manifest:
    """The only pod, once it is ready."""

    def ready() -> Manifest:
        pods = [pod for pod in read_pods(here) if not pod["metadata"].get("deletionTimestamp")]
        assert len(pods) == 1
        conditions = {each["type"]: each["status"] for each in pods[0]["status"].get("conditions") or []}
        assert conditions.get("Ready") == "True", conditions
        return pods[0]

    return await eventually(ready, within=120, interval=0.5)


def read_pods(here: Here) -> list[Manifest]:
    pods: list[Manifest] = here.read("pods", **{"inferops.dev/instance": "chat"})
    return pods


async def test_the_password_of_the_moment_decides_about_each_pull_and_about_no_running_pod(
    operator_here: Here, image: str
) -> None:
    here = operator_here
    write_password(here, "wrong")
    reference = {"name": "login", "key": "password"}
    login = {"username": REGISTRY_USER, "passwordSecretRef": reference, "insecure": True}
    here.write("Registry", "private", {"url": image, **login})
    scale = {"min": 1, "max": 1, "triggers": {"cpu": {"threshold": 80}}}
    spec = {
        "registry": "private",
        "hardware": here.named("cpu"),
        "containerPort": 8080,
        "auth": "None",
        "command": ["/busybox", "sh", "-c", SERVE],
        "podTemplate": ALWAYS,
        "regions": [{"region": here.named("here"), "scale": scale}],
    }
    here.write("InferenceInstance", "chat", spec)
    await wait_verified(here, "Unauthorized")
    message = await wait_reason(here, "RegistryUnauthorized")
    assert f'refuses user "{REGISTRY_USER}"' in message
    first = read_pods(here)[0]["metadata"]["uid"]

    write_password(here, REGISTRY_PASSWORD)
    status = await wait_verified(here, "Verified")
    assert status["digest"].startswith("sha256:")
    assert next(each for each in status["conditions"] if each["type"] == "Runnable")["reason"] == "NodesFit"
    running = await wait_running(here)
    assert running["metadata"]["uid"] == first, "the kubelet pulls again for the pod that waits"

    write_password(here, "rotated")
    await wait_verified(here, "Unauthorized")
    pull_secret = here.read("Secret", "private-pull")["data"][".dockerconfigjson"]
    assert b'"rotated"' in base64.b64decode(pull_secret)
    assert (await wait_running(here))["metadata"]["uid"] == first, "a running pod needs no password"

    here.kubectl.run("delete", "pod", running["metadata"]["name"], f"--namespace={here.namespace}", "--wait=false")
    message = await wait_reason(here, "RegistryUnauthorized")
    write_password(here, REGISTRY_PASSWORD)
    assert (await wait_running(here))["metadata"]["uid"] != first
