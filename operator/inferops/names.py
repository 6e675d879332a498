"""Names that objects, labels and people share: one place, so that nothing is spelled twice."""

import hashlib
from functools import lru_cache
from typing import Any

Manifest = dict[str, Any]
"""A Kubernetes object, or the part of it that we own, as JSON."""

GROUP = "inferops.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
FIELD_MANAGER = "inferops"
"""Owner of every field we apply (server-side apply)."""
STATUS_MANAGER = "inferops-status"
"""Owner of every status we apply: apart from FIELD_MANAGER, or one apply would drop the other's fields."""
SYSTEM_NAMESPACE = "inferops-system"
OPERATOR, CONTROL, GATEWAY, API = "inferops-operator", "inferops-control", "inferops-gateway", "inferops-api"
LEDGER = "inferops-ledger"
"""Deployments and Services of the processes, Leases and service accounts of the first two, as the chart names them."""

WEBHOOKS = "inferops"
"""The chart's ValidatingWebhookConfiguration."""

INSTANCE_LABEL = f"{GROUP}/instance"
"""On every child of an instance: the instance's name."""
REGION_LABEL = f"{GROUP}/region"
KEY_HASH_LABEL = f"{GROUP}/key-hash"
"""On Secrets that hold the SHA-256 of an API key: the only Secrets that the gateway's control plane reads."""
MANAGED_BY = {"app.kubernetes.io/managed-by": "inferops"}
MANAGED_SELECTOR = "app.kubernetes.io/managed-by=inferops"

ENGINE_CONTAINER = "engine"
HTTP_PORT = "http"
"""Name of the port that an engine answers on, in pods and Services."""

KEDA_NAME_LIMIT = 54
"""KEDA names its autoscaler `keda-hpa-<name>`, which must itself be a DNS label of 63 characters."""
NAME_LIMIT = 40
"""Characters of an instance's name: what leaves room for the hash and a region."""


@lru_cache(maxsize=1024)
def hash8(text: str) -> str:
    """Eight hexadecimal characters that stay the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def instance_id(namespace: str, name: str) -> str:
    """`<name>-<hash8>`: unique in the cluster, stable over re-creation. It is the host label of the address, the id in
    `/v2/<id>`, the gateway's cluster and the name of the instance's children.
    """
    return f"{name[:NAME_LIMIT].rstrip('-.')}-{hash8(f'{namespace}/{name}')}"


def region_name(namespace: str, name: str, region: str) -> str:
    """Name of an instance's child in one region, at most KEDA_NAME_LIMIT characters."""
    full = f"{instance_id(namespace, name)}-{region}"
    if len(full) <= KEDA_NAME_LIMIT:
        return full
    return f"{full[: KEDA_NAME_LIMIT - 9].rstrip('-.')}-{hash8(full)}"


def client_id(namespace: str, key: str) -> str:
    """How the gateway, its log and its limits name an ApiKey."""
    return f"{namespace}/{key}"
