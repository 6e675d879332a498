"""Which of our objects hear of a change."""

from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.names import API_VERSION, Manifest
from inferops.reconcile.dependents import dependents
from inferops.reconcile.queue import Key

REGIONS = [{"region": "eu", "scale": {"min": 1, "max": 1}}]
CHAT = Key("InferenceInstance", "team", "chat")
OTHER = Key("InferenceInstance", "other", "chat")


def resource(kind: str, name: str, namespace: str = "", **spec: Any) -> Manifest:
    meta = {"name": name, "uid": f"{kind}-{namespace}-{name}", "resourceVersion": "1"}
    meta |= {"namespace": namespace} if namespace else {}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": meta, "spec": spec}


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster(Client.__new__(Client))
    spec = {"model": "tiny", "registry": "private", "apiKeys": ["demo"], "regions": REGIONS}
    secret = {"name": "login", "key": "password"}
    for obj in (
        resource("InferenceInstance", "chat", "team", **spec),
        resource("InferenceInstance", "chat", "other", **(spec | {"hardware": "gpu"})),
        resource("InferenceInstance", "custom", "team", image="mine", hardware="gpu", regions=REGIONS),
        resource("Model", "tiny", defaultHardware="cpu"),
        resource("Registry", "private", "team", url="ghcr.io", passwordSecretRef=secret),
        resource("ApiKey", "given", "team", secretRef=secret),
    ):
        cluster.stores[obj["kind"]].put(obj)
    return cluster


def owned(kind: str, owner: Manifest) -> Manifest:
    meta = owner["metadata"]
    reference = {"apiVersion": API_VERSION, "kind": owner["kind"], "name": meta["name"], "controller": True}
    return {"kind": kind, "metadata": {"name": "x", "namespace": "team", "ownerReferences": [reference]}}


@pytest.mark.parametrize(
    ("obj", "keys"),
    [
        (resource("Model", "tiny"), {CHAT, OTHER}),
        (resource("Model", "unused"), set()),
        (resource("Region", "eu"), {CHAT, OTHER, Key("InferenceInstance", "team", "custom")}),
        (resource("Hardware", "gpu"), {OTHER, Key("InferenceInstance", "team", "custom")}),
        (resource("Hardware", "cpu"), {CHAT, OTHER}),
        (resource("Registry", "private", "team"), {CHAT}),
        (resource("ApiKey", "demo", "other"), {OTHER}),
        (resource("Secret", "login", "team"), {Key("Registry", "team", "private"), Key("ApiKey", "team", "given")}),
        (resource("Secret", "login", "other"), set()),
        (owned("Deployment", resource("InferenceInstance", "chat")), {CHAT}),
        (owned("Secret", resource("ApiKey", "demo")), {Key("ApiKey", "team", "demo")}),
        ({"kind": "Pod", "metadata": {"name": "p", "namespace": "team", "labels": {"inferops.dev/instance": "chat"}}},
         {CHAT}),
        ({"kind": "Pod", "metadata": {"name": "p", "namespace": "team"}}, set()),
        ({"kind": "Node", "metadata": {"name": "n"}}, set()),
        ({"kind": "Whatever"}, set()),
        ({}, set()),
    ],
)  # fmt: skip
def test_a_change_reaches_those_whom_it_concerns(cluster: Cluster, obj: Manifest, keys: set[Key]) -> None:
    assert dependents(cluster, obj) == keys
