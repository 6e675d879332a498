"""Kubernetes objects as the API server gives them, for the stores of control."""

import base64
import itertools
from datetime import datetime
from typing import Any

from inferops.names import API_VERSION, HTTP_PORT, INSTANCE_LABEL, KEY_HASH_LABEL, Manifest, instance_id, region_name
from inferops.plan.apikey import hash_key
from inferops.settings import GatewaySettings, Settings
from inferops.specs.key_hashes import KeyHashes, ReplacedKey, write_hashes

DOMAIN = "gw.test"
SETTINGS = Settings(gateway=GatewaySettings(domain=DOMAIN))
NAMESPACE, ELSEWHERE = "team", "other"
ALICE, BOB, EVE, ADMIN = "sk-alice", "sk-bob", "sk-eve", "sk-admin"
"""Keys: alice and bob of the team, eve of another namespace, admin who may only manage."""
_versions = itertools.count(1)


def metadata(name: str, namespace: str, **more: Any) -> Manifest:
    return {
        "name": name,
        "namespace": namespace,
        "uid": f"{namespace}-{name}",
        "resourceVersion": str(next(_versions)),
        "creationTimestamp": "2026-01-01T00:00:00Z",
        **more,
    }


def instance(name: str, *, namespace: str = NAMESPACE, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> Manifest:
    regions = [{"region": "here", "scale": {"min": 0, "max": 3, "triggers": {"http": {"rate": 10, "window": 60}}}}]
    return {
        "apiVersion": API_VERSION,
        "kind": "InferenceInstance",
        "metadata": metadata(name, namespace, creationTimestamp=created),
        "spec": {"model": "tiny", "hardware": "cpu", "regions": regions, **spec},
    }


def model(name: str, **spec: Any) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": "Model",
        "metadata": {k: v for k, v in metadata(name, "").items() if k != "namespace"},
        "spec": {"engine": "Custom", "image": "example.com/tiny:1", **spec},
    }


def api_key(name: str, *, namespace: str = NAMESPACE, **spec: Any) -> Manifest:
    return {"apiVersion": API_VERSION, "kind": "ApiKey", "metadata": metadata(name, namespace), "spec": spec}


def key_hash(
    name: str,
    secret: str,
    *,
    namespace: str = NAMESPACE,
    following: str | None = None,
    replaced: dict[str, datetime] | None = None,
) -> Manifest:
    """The hashes of a key, of the one that will follow it, and of those that it replaced, each with the moment."""
    before = tuple(ReplacedKey(hash_key(key), since) for key, since in (replaced or {}).items())
    data = write_hashes(KeyHashes(hash_key(secret), hash_key(following) if following else None, before))
    owners = [{"kind": "ApiKey", "name": name, "uid": f"{namespace}-{name}", "controller": True}]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(f"{name}-hash", namespace, labels={KEY_HASH_LABEL: "true"}, ownerReferences=owners),
        "data": {field: base64.b64encode(value.encode()).decode() for field, value in data.items()},
    }


def endpoint_slice(
    name: str, *pods: tuple[str, int, bool], namespace: str = NAMESPACE, region: str = "here"
) -> Manifest:
    """The slice of an instance; a pod is address, port and whether it is ready. All have the first one's port."""
    workload = region_name(namespace, name, region)
    endpoints = [
        {
            "addresses": [address],
            "conditions": {"ready": ready, "serving": ready, "terminating": not ready},
            "targetRef": {"kind": "Pod", "name": f"{workload}-5d5f7c-{address.replace('.', '')[-5:]}"},
        }
        for address, _, ready in pods
    ]
    owner = instance_id(namespace, name)
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata(
            f"{owner}-abcde", namespace, labels={INSTANCE_LABEL: name, "kubernetes.io/service-name": owner}
        ),
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [{"name": HTTP_PORT, "port": pods[0][1] if pods else 1, "protocol": "TCP"}],
    }


def fill(address: str, port: int) -> list[Manifest]:
    """A small world, of which the engine at this address is every replica."""
    return [
        model("tiny", servedName="Tiny/Chat-1"),
        *(model(name) for name in ("sleepy", "free", "ended", "locked")),
        *(api_key(name) for name in ("alice", "bob")),
        key_hash("alice", ALICE),
        key_hash("bob", BOB),
        api_key("admin", scopes=["manage"]),
        key_hash("admin", ADMIN),
        api_key("eve", namespace=ELSEWHERE),
        key_hash("eve", EVE, namespace=ELSEWHERE),
        instance("warm", apiKeys=["alice", "admin"]),
        instance("cold", model="sleepy", apiKeys=["alice"], limits={"holdTimeout": 20, "maxHeldRequests": 5}),
        instance("open", model="free", auth="None"),
        instance("stopped", model="ended", apiKeys=["alice"], stopped=True),
        instance("locked", model="locked", limits={"maxRequestBytes": "1Mi"}),
        *(endpoint_slice(name, (address, port, True)) for name in ("warm", "open", "stopped", "locked")),
    ]
