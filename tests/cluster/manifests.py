"""Pods the tests share, and asking them."""

import urllib.request
from typing import Any

BUSYBOX = "localhost/inferops-test/busybox:1"
"""An image of nothing but busybox; the fixture `busybox` puts it onto the node."""
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
PAGE = "/www/index.html"
SERVE = f"echo hello-from-pod > {PAGE} && exec /busybox httpd -f -p 8080 -h /www"


def build_pod_spec(image: str, script: str) -> dict[str, Any]:
    """A pod that meets the restricted standard and runs a busybox shell script; busybox is its only file."""
    return {
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {
                "name": "main",
                "image": image,
                "command": ["/busybox", "sh", "-c", script],
                "securityContext": RESTRICTED,
                "resources": {"requests": {"cpu": "10m", "memory": "8Mi"}, "limits": {"memory": "64Mi"}},
                "volumeMounts": [{"name": "www", "mountPath": "/www"}],
            }
        ],
        "volumes": [{"name": "www", "emptyDir": {}}],
    }


def build_pod(name: str, image: str, script: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": build_pod_spec(image, script)}


def build_service(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def build_deployment(name: str, image: str, script: str) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": build_pod_spec(image, script)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }


def fetch(url: str) -> str:
    """The page of a pod, empty while it does not answer."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - an address of the cluster
            return str(response.read().decode().strip())
    except OSError:
        return ""
