"""What the local cluster must be able to do for everything that runs on it."""

import base64
import json
from typing import Any

import pytest

from dev.cluster.containerd import run_ctr
from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import REGISTRY_NAME, REGISTRY_PASSWORD, REGISTRY_PORT, REGISTRY_USER, Layout
from dev.cluster.progress import ClusterError
from tests.cluster.manifests import PAGE, SERVE, build_deployment, build_pod, build_service, fetch
from tests.support.eventually import eventually
from tests.support.reader import connect

KEDA = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject"}


def apply(kubectl: Kubectl, namespace: str, *manifests: dict[str, Any]) -> None:
    kubectl.apply(*(each | {"metadata": each["metadata"] | {"namespace": namespace}} for each in manifests))


def read_pod(kubectl: Kubectl, namespace: str, name: str) -> dict[str, Any]:
    return connect(kubectl.kubeconfig).read("pod", namespace, name)


def waiting_reason(pod: dict[str, Any]) -> str | None:
    statuses = pod["status"].get("containerStatuses", [])
    return statuses[0]["state"].get("waiting", {}).get("reason") if statuses else None


def is_ready(pod: dict[str, Any]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


async def test_a_restricted_pod_serves_by_service_address_and_by_name(
    kubectl: Kubectl, namespace: str, busybox: str
) -> None:
    ask = f"until /busybox wget -qO- http://web.{namespace}.svc.cluster.local; do /busybox sleep 0.3; done"
    client = build_pod("client", busybox, ask)
    client["spec"]["restartPolicy"] = "Never"
    apply(kubectl, namespace, build_pod("web", busybox, SERVE), build_service("web"), client)
    await eventually(lambda: is_ready(read_pod(kubectl, namespace, "web")), within=60)

    address = kubectl.read("service", "web", f"--namespace={namespace}")["spec"]["clusterIP"]
    await eventually(lambda: fetch(f"http://{address}") == "hello-from-pod", within=10)
    await eventually(lambda: read_pod(kubectl, namespace, "client")["status"]["phase"] == "Succeeded", within=30)
    assert kubectl.run("logs", "client", f"--namespace={namespace}").splitlines()[-1] == "hello-from-pod"
    inside = kubectl.run("exec", "web", f"--namespace={namespace}", "--", "/busybox", "cat", PAGE)
    assert inside.strip() == "hello-from-pod"


async def test_the_private_registry_serves_who_has_the_pull_secret_and_nobody_else(
    layout: Layout, kubectl: Kubectl, namespace: str, busybox: str
) -> None:
    reference = f"{REGISTRY_NAME}:{REGISTRY_PORT}/test/{namespace}:1"
    run_ctr(layout, "images", "tag", busybox, reference)
    login = f"{REGISTRY_USER}:{REGISTRY_PASSWORD}"
    run_ctr(layout, "images", "push", "--hosts-dir", layout.state / "certs.d", "--user", login, reference)
    run_ctr(layout, "images", "remove", reference)

    config = {"auths": {f"{REGISTRY_NAME}:{REGISTRY_PORT}": {"auth": base64.b64encode(login.encode()).decode()}}}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": json.dumps(config)},
    }
    stranger, friend = (build_pod(name, reference, SERVE) for name in ("stranger", "friend"))
    apply(kubectl, namespace, secret, stranger)
    await eventually(
        lambda: waiting_reason(read_pod(kubectl, namespace, "stranger")) in {"ErrImagePull", "ImagePullBackOff"},
        within=30,
    )
    friend["spec"]["imagePullSecrets"] = [{"name": "pull"}]
    apply(kubectl, namespace, friend)
    await eventually(lambda: is_ready(read_pod(kubectl, namespace, "friend")), within=60)
    run_ctr(layout, "images", "remove", reference)


async def test_pods_get_gpus_up_to_what_the_node_has(kubectl: Kubectl, namespace: str, busybox: str) -> None:
    for name, gpus in (("small", "1"), ("greedy", "9")):
        pod = build_pod(name, busybox, SERVE)
        pod["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = gpus
        pod["spec"]["nodeSelector"] = {"nvidia.com/gpu.product": "NVIDIA-L40S"}
        apply(kubectl, namespace, pod)
    await eventually(lambda: is_ready(read_pod(kubectl, namespace, "small")), within=60)
    greedy = "Insufficient nvidia.com/gpu"
    await eventually(lambda: greedy in json.dumps(read_pod(kubectl, namespace, "greedy")), within=20)


async def test_keda_scales_a_deployment(kubectl: Kubectl, namespace: str, busybox: str) -> None:
    scaled = build_scaled_object("web", [build_cron(replicas=3)])
    apply(kubectl, namespace, build_deployment("web", busybox, SERVE))
    apply(kubectl, namespace, scaled)
    await eventually(
        lambda: connect(kubectl.kubeconfig).read("deployment", namespace, "web")["status"].get("readyReplicas") == 3,
        within=90,
    )


def test_kedas_webhook_refuses_a_second_scaled_object_for_a_target(
    kubectl: Kubectl, namespace: str, busybox: str
) -> None:
    apply(kubectl, namespace, build_deployment("web", busybox, SERVE))
    apply(kubectl, namespace, build_scaled_object("web", [build_cron(replicas=1)]))
    second = build_scaled_object("web", [build_cron(replicas=1)])
    second["metadata"]["name"] = "second"
    with pytest.raises(ClusterError, match=r"admission webhook .* denied the request"):
        apply(kubectl, namespace, second)


def build_cron(replicas: int) -> dict[str, Any]:
    """Active for 23 hours and 59 minutes of the day, but always within the hour that tests take."""
    metadata = {"timezone": "Etc/UTC", "start": "0 0 * * *", "end": "59 23 * * *", "desiredReplicas": str(replicas)}
    return {"type": "cron", "metadata": metadata}


def build_scaled_object(name: str, triggers: list[dict[str, Any]]) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"name": name}, "pollingInterval": 2, "maxReplicaCount": 5, "triggers": triggers}
    return KEDA | {"metadata": {"name": name}, "spec": spec}


async def test_the_metrics_api_knows_cpu_and_memory_of_pods(kubectl: Kubectl, namespace: str, busybox: str) -> None:
    apply(kubectl, namespace, build_pod("web", busybox, SERVE))
    await eventually(lambda: kubectl.succeeds("top", "pod", "web", f"--namespace={namespace}"), within=90)
    assert "Mi" in kubectl.run("top", "pod", "web", f"--namespace={namespace}", "--no-headers")
