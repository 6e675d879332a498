"""Volumes of the node, where no provisioner makes any: one, for whoever asks for the storage class `inferops-local`."""

from typing import Any

from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import NODE_NAME, Layout

NAME = "inferops-local"


def apply_volumes(kubectl: Kubectl, layout: Layout) -> None:
    """A folder of the cluster's state as a volume, free again where its claim is gone."""
    folder = layout.state / "volumes" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o770)  # the kubelet gives it to the pod's fsGroup
    phase = kubectl.run("get", "pv", NAME, "--ignore-not-found", "--output=jsonpath={.status.phase}")
    if phase in ("Released", "Failed"):
        kubectl.run("patch", "pv", NAME, "--type=merge", "--patch", '{"spec": {"claimRef": null}}')
    kubectl.apply(build_volume(str(folder)))


def build_volume(folder: str) -> dict[str, Any]:
    """A local volume: unlike one of kind hostPath it gets the group of the pod that mounts it."""
    host = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE_NAME]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": NAME},
        "spec": {
            "capacity": {"storage": "5Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": NAME,
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": folder},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [host]}]}},
        },
    }
