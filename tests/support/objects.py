"""Objects of a cluster with nothing but what tests look at."""

from typing import Any

from inferops.names import Manifest


def obj(name: str, conditions: dict[str, str] | None = None, **fields: Any) -> Manifest:
    """An object; conditions as `{"Ready": "False because"}`."""
    listed = [{"type": kind, "status": text.split()[0], "message": text} for kind, text in (conditions or {}).items()]
    status = fields.pop("status", {}) | ({"conditions": listed} if listed else {})
    meta = {"name": name, "namespace": "ns", **fields.pop("metadata", {})}
    return {"metadata": meta, "spec": fields.pop("spec", {}), "status": status, **fields}


def deployment(name: str, ready: int, total: int = 1, image: str = "inferops:0.1.0", **labels: str) -> Manifest:
    spec = {"replicas": total, "template": {"spec": {"containers": [{"image": image}]}}}
    return obj(name, spec=spec, status={"readyReplicas": ready}, metadata={"labels": labels})


def lease(name: str, renewed: str, holder: str = "pod-1") -> Manifest:
    return obj(name, spec={"holderIdentity": holder, "renewTime": f"2026-01-01T{renewed}Z", "leaseDurationSeconds": 15})


def node(name: str, labels: dict[str, str] | None = None, **allocatable: str) -> Manifest:
    offered = {"cpu": "64", "memory": "512Gi"} | {key.replace("_", "/"): value for key, value in allocatable.items()}
    return obj(name, status={"allocatable": offered}, metadata={"labels": labels or {}})


def hardware(name: str, gpus: int = 0, **spec: Any) -> Manifest:
    gpu = {"gpu": {"count": gpus, "resourceName": "nvidia.com/gpu"}} if gpus else {}
    return obj(name, spec={"cpu": "4", "memory": "16Gi", **gpu, **spec})
