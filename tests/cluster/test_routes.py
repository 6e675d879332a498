"""HTTPRoutes in a real cluster: what a namespace leaves behind when it goes."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.cluster.kubectl import Kubectl
from inferops.names import API_VERSION, Manifest, instance_id
from tests.cluster.here import install_kinds
from tests.support.crds import find_gateway_api
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.reader import connect

PARENTS = [{"name": "web", "namespace": "infra"}]


@pytest.fixture
def gateway_api(kubectl: Kubectl) -> Iterator[None]:
    """The Gateway API's kinds; gone afterwards, unless they were there."""
    present = kubectl.succeeds("get", "crd", "httproutes.gateway.networking.k8s.io")
    files = find_gateway_api()
    install_kinds(kubectl)
    for path in files:
        kubectl.apply_file(path)
    flags = [f"--filename={path}" for path in files]
    kubectl.run("wait", "--for=condition=Established", *flags, "--timeout=30s")
    yield
    if not present:
        kubectl.run("delete", *flags, "--wait=false")


@pytest.fixture
def system(kubectl: Kubectl, gateway_api: None, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A namespace of inferops itself and one of a team that it serves."""
    assert gateway_api is None
    suffix = secrets.token_hex(3)
    names = (f"routes-system-{suffix}", f"routes-team-{suffix}")
    for name in names:
        kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    settings = {
        "namespace": names[0],
        "watchNamespaces": [names[1]],
        "ingress": {"kind": "HTTPRoute", "parentRefs": PARENTS},
    }
    operator = OperatorProcess(tmp_path, kubectl.kubeconfig, settings, suffix)
    try:
        asyncio.run(operator.wait_leading())
        yield names
    finally:
        operator.terminate()
        kubectl.run("delete", "namespace", *names, "--ignore-not-found", "--wait=false")
        kubectl.run("delete", "regions.inferops.dev,hardwares.inferops.dev", names[1], "--ignore-not-found")


def write(kubectl: Kubectl, kind: str, name: str, namespace: str, spec: Manifest) -> None:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    kubectl.apply({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec})


async def test_route_and_grant_go_with_their_owners_while_no_operator_looks(
    kubectl: Kubectl, system: tuple[str, str]
) -> None:
    home, team = system
    write(kubectl, "Hardware", team, "", {"cpu": 1, "memory": "1Gi"})
    write(kubectl, "Region", team, "", {"id": secrets.randbelow(10**6), "nodeSelector": {"no": "node"}})
    scale = {"min": 1, "max": 1, "triggers": {"cpu": {"threshold": 80}}}
    spec = {"image": "engine:1", "containerPort": 80, "hardware": team, "auth": "None"}
    write(kubectl, "InferenceInstance", "chat", team, spec | {"regions": [{"region": team, "scale": scale}]})
    read = connect(kubectl.kubeconfig).read
    route = ("HTTPRoute", team, instance_id(team, "chat"))
    grant = ("ReferenceGrant", home, f"inferops-{team}")
    await eventually(lambda: read(*route), within=30)
    assert read(*grant)

    kubectl.run("delete", "inferenceinstance", "chat", f"--namespace={team}")
    await eventually(lambda: not read(*route), within=60)
    assert read(*grant), "other instances of the namespace may need it"
    kubectl.run("delete", "namespace", team, "--wait=false")
    await eventually(lambda: not read(*grant), within=120)
