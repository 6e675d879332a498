"""What the node says of itself: GPUs that exist as a number only, and the labels GPU feature discovery would set."""

import datetime as dt
import json
from typing import Any

from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import NODE_NAME
from dev.cluster.progress import ClusterError

GPU = "nvidia.com/gpu"
GPU_COUNT = "8"
# Source: NVIDIA k8s-device-plugin, GPU feature discovery, for a server with 8 L40S.
LABELS = {
    "nvidia.com/gpu.present": "true",
    "nvidia.com/gpu.count": GPU_COUNT,
    "nvidia.com/gpu.product": "NVIDIA-L40S",
    "nvidia.com/gpu.family": "ada-lovelace",
    "nvidia.com/gpu.memory": "46068",
    "nvidia.com/gpu.compute.major": "8",
    "nvidia.com/gpu.compute.minor": "9",
    "nvidia.com/gpu.replicas": "1",
    "nvidia.com/mig.capable": "false",
}


def read_node(kubectl: Kubectl) -> dict[str, Any] | None:
    """The Node object, once the kubelet has registered it."""
    try:
        node: dict[str, Any] = kubectl.read("node", NODE_NAME)
    except ClusterError:
        return None
    return node


def is_ready(node: dict[str, Any] | None, since: dt.datetime | None = None) -> bool:
    """Whether the kubelet says that pods can run, and said so since that moment."""
    conditions = node["status"].get("conditions", []) if node else []
    ready = next((c for c in conditions if c["type"] == "Ready" and c["status"] == "True"), None)
    if ready is None or since is None:
        return ready is not None
    return dt.datetime.fromisoformat(ready["lastHeartbeatTime"]) >= since


def offers_gpus(node: dict[str, Any] | None) -> bool:
    """Whether pods can ask for GPUs."""
    return node is not None and node["status"].get("allocatable", {}).get(GPU) == GPU_COUNT


def assert_gpus(kubectl: Kubectl) -> None:
    """Write the number into the node's status and label the node; a kubelet that starts sets the number to 0.

    Source: kubernetes.io, Advertise Extended Resources for a Node.
    """
    node = read_node(kubectl) or {}
    labels = node.get("metadata", {}).get("labels", {})
    if not LABELS.items() <= labels.items():
        kubectl.run("label", "node", NODE_NAME, "--overwrite", *(f"{name}={value}" for name, value in LABELS.items()))
    if node.get("status", {}).get("capacity", {}).get(GPU) != GPU_COUNT or not offers_gpus(node):
        patch = {"status": {"capacity": {GPU: GPU_COUNT}, "allocatable": {GPU: GPU_COUNT}}}
        kubectl.run("patch", "node", NODE_NAME, "--subresource=status", "--type=merge", f"--patch={json.dumps(patch)}")
