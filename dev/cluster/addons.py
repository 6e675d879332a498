"""What runs on top of the bare cluster: the metrics API, Prometheus' Service, KEDA, a volume."""

import base64
from pathlib import Path
from typing import Any

from dev.cluster.keda import DEPLOYMENTS
from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import METRICS_SERVER_PORT, NODE_IP, PROMETHEUS_PORT, Layout
from dev.cluster.progress import ClusterError
from dev.cluster.volumes import apply_volumes

METRICS_NAME = {"name": "metrics-server", "namespace": "kube-system"}
PROMETHEUS_NAME = {"name": "prometheus", "namespace": "monitoring"}


def build_host_service(metadata: dict[str, str], port: int, host_port: int) -> list[dict[str, Any]]:
    """A process of the host as a Service: one without selector, and the endpoint behind it."""
    name = "https" if port == 443 else "http"
    labels = {"kubernetes.io/service-name": metadata["name"]}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"ports": [{"name": name, "port": port, "targetPort": host_port}]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": labels},
            "addressType": "IPv4",
            "ports": [{"name": name, "port": host_port}],
            "endpoints": [{"addresses": [NODE_IP], "conditions": {"ready": True}}],
        },
    ]


def build_metrics_api(ca: bytes) -> list[dict[str, Any]]:
    """The metrics API, served by a process of the host."""
    return [
        *build_host_service(METRICS_NAME, 443, METRICS_SERVER_PORT),
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "service": METRICS_NAME,
                "caBundle": base64.b64encode(ca).decode(),
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
            },
        },
    ]


def build_metrics_reader() -> dict[str, Any]:
    """Who may view pods may view their CPU and memory. Source: metrics-server's own manifests."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {
            "name": "system:aggregated-metrics-reader",
            "labels": {f"rbac.authorization.k8s.io/aggregate-to-{role}": "true" for role in ("view", "edit", "admin")},
        },
        "rules": [{"apiGroups": ["metrics.k8s.io"], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]}],
    }


def build_prometheus_service() -> list[dict[str, Any]]:
    """Prometheus where installations usually have it."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PROMETHEUS_NAME["namespace"]}}
    return [namespace, *build_host_service(PROMETHEUS_NAME, PROMETHEUS_PORT, PROMETHEUS_PORT)]


def apply_addons(kubectl: Kubectl, layout: Layout, keda_manifests: Path) -> None:
    """Apply everything; harmless when it is there."""
    ca = (layout.pki / "ca.crt").read_bytes()
    kubectl.apply(*build_metrics_api(ca), build_metrics_reader(), *build_prometheus_service())
    kubectl.apply_file(keda_manifests)
    apply_volumes(kubectl, layout)


def read_missing(kubectl: Kubectl) -> list[str]:
    """What is not up yet, in words; empty when KEDA and the aggregated APIs serve."""
    try:
        deployments = kubectl.read("deployments", "--namespace=keda")["items"]
        services = kubectl.read("apiservices")["items"]
    except ClusterError as error:
        return [str(error)]
    ready = {each["metadata"]["name"] for each in deployments if each["status"].get("availableReplicas")}
    serving = {each["metadata"]["name"] for each in services if is_available(each)}
    wanted = {"v1beta1.metrics.k8s.io", "v1beta1.external.metrics.k8s.io"}
    return [f"deployment {name}" for name in DEPLOYMENTS if name not in ready] + [
        f"API {name}" for name in sorted(wanted - serving)
    ]


def is_available(api_service: dict[str, Any]) -> bool:
    """Whether the aggregator reaches what serves this API."""
    conditions = api_service.get("status", {}).get("conditions", [])
    return any(c["type"] == "Available" and c["status"] == "True" for c in conditions)


def describe_pods(kubectl: Kubectl) -> str:
    """Pods and the latest events of KEDA's namespace, for the error text."""
    pods = kubectl.run("get", "pods", "--namespace=keda", "--output=wide")
    events = kubectl.run("get", "events", "--namespace=keda", "--sort-by=.lastTimestamp").splitlines()[-8:]
    return "\n".join([pods, *events])
