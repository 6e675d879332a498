"""Two replicas of vLLM with prefix caching on, in a namespace of their own of the cluster that is in force."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dev.cluster.layout import REGISTRY_NAME, REGISTRY_PASSWORD, REGISTRY_PORT, REGISTRY_USER
from dev.demo.engine_image import IMAGE, TAG, push_engine_image
from dev.target import Target, read_target
from inferops.names import Manifest

NAMESPACE = "bench-prefix"
MODEL = "tiny-chat"
PORT = 8000
REGISTRY = f"{REGISTRY_NAME}:{REGISTRY_PORT}"
READY_SECONDS = 180
ARGUMENTS = ["--model", f"/models/{MODEL}", "--served-model-name", MODEL, "--enable-prefix-caching"]


@contextmanager
def run_replicas(count: int) -> Iterator[list[str]]:
    """Their addresses."""
    target = read_target()
    push_engine_image()
    target.kubectl("create", "namespace", NAMESPACE, check=False)
    credentials = [f"--docker-username={REGISTRY_USER}", f"--docker-password={REGISTRY_PASSWORD}"]
    secret = [
        "-n",
        NAMESPACE,
        "create",
        "secret",
        "docker-registry",
        "pull",
        f"--docker-server={REGISTRY}",
        *credentials,
    ]
    target.kubectl(*secret, check=False)
    try:
        for number in range(count):
            target.kubectl("apply", "-f", "-", stdin=json.dumps(build_pod(f"vllm-{number}")))
        yield wait_until_ready(target, count)
    finally:
        target.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def build_pod(name: str) -> Manifest:
    """One replica."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "imagePullSecrets": [{"name": "pull"}],
            "terminationGracePeriodSeconds": 1,
            "containers": [
                {
                    "name": "engine",
                    "image": f"{REGISTRY}/{IMAGE}:{TAG}",
                    "args": ARGUMENTS,
                    "readinessProbe": {"httpGet": {"path": "/health", "port": PORT}, "periodSeconds": 1},
                    "volumeMounts": [
                        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a pod's /tmp is its own
                        {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - likewise
                    ],
                }
            ],
            "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "shm", "emptyDir": {"medium": "Memory"}}],
        },
    }


def wait_until_ready(target: Target, count: int) -> list[str]:
    """Addresses of the pods, once all are ready."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        pods = json.loads(target.kubectl("-n", NAMESPACE, "get", "pods", "-o", "json"))["items"]
        ready = [pod["status"]["podIP"] for pod in pods if is_ready(pod)]
        if len(ready) == count:
            return ready
        time.sleep(1)
    raise TimeoutError(f"{NAMESPACE}: the replicas were not ready within {READY_SECONDS} s")


def is_ready(pod: Manifest) -> bool:
    """Whether the kubelet says so."""
    conditions = pod["status"].get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
