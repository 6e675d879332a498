"""Real KEDA leaves and comes back, in both orders in which people remove it: what runs stays, and scales again.

It takes KEDA from the cluster, so it runs where it has one of its own: tests/cluster/isolated.sh.
"""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dev.cluster.keda import render_manifests
from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import Layout
from dev.cluster.programs import read_folder
from inferops.names import Manifest, region_name
from tests.cluster.here import Here
from tests.cluster.manifests import SERVE
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.destructive]
CRD = "scaledobjects.keda.sh"
WITHIN = 120.0


@pytest.fixture(scope="module")
def kubectl(layout: Layout) -> Kubectl:
    """Where the other tests want a cluster that is up, this one brings it up."""
    subprocess.run([sys.executable, "-m", "dev.cluster", "up"], cwd=ROOT, check=True)
    return Kubectl(read_folder(layout) / "kubectl", layout.kubeconfig())


@pytest.fixture
def workload(operator_here: Here, busybox: str) -> str:
    """The Deployment of an instance that KEDA scales by its CPU."""
    here = operator_here
    scale = {"min": 1, "max": 4, "triggers": {"cpu": {"threshold": 80}}}
    command = {"command": ["/busybox", "sh", "-c"], "args": [SERVE.replace("/www", "/tmp")]}  # noqa: S108 - a pod's own
    spec = {"image": busybox, "containerPort": 8080, "hardware": here.named("cpu"), "auth": "None", **command}
    here.write("InferenceInstance", "chat", {**spec, "regions": [{"region": here.named("here"), "scale": scale}]})
    return region_name(here.namespace, "chat", here.named("here"))


class Watched:
    """The instance, as KEDA comes and goes."""

    def __init__(self, here: Here, workload: str) -> None:
        self.here, self.workload = here, workload

    def replicas(self) -> int:
        return int(self.here.read("Deployment", self.workload)["spec"]["replicas"])

    def scale(self, count: int) -> None:
        """As an autoscaler would."""
        self.here.kubectl.run("scale", "deployment", self.workload, f"--replicas={count}", self._namespace())

    def is_scaled(self) -> bool:
        """Whether KEDA has taken it up."""
        return self.here.kubectl.succeeds("get", "hpa", f"keda-hpa-{self.workload}", self._namespace())

    def scalable(self, *reasons: str) -> Manifest | None:
        condition = self.here.read_condition("chat", "Scalable")
        return condition if condition.get("reason") in reasons else None

    async def retries(self) -> float:
        operator = self.here.operator
        return sum((await operator.read("inferops_reconcile_retries_total", "")).values()) if operator else 0

    def _namespace(self) -> str:
        return f"--namespace={self.here.namespace}"


async def test_keda_leaves_in_either_order_and_is_taken_up_again(
    operator_here: Here, workload: str, kubectl: Kubectl, layout: Layout
) -> None:
    manifests = render_manifests(layout, read_folder(layout))
    chat = Watched(operator_here, workload)
    await eventually(chat.is_scaled, within=WITHIN)
    chat.scale(3)

    kubectl.run("delete", "crd", CRD, "--wait=false")
    await eventually(lambda: chat.scalable("KedaNotInstalled"), within=WITHIN)
    await eventually(lambda: not kubectl.succeeds("get", "crd", CRD), within=WITHIN)  # KEDA lets go of its objects
    assert chat.replicas() == 3
    await come(kubectl, manifests)
    await eventually(chat.is_scaled, within=WITHIN)
    assert chat.replicas() == 3

    before = await chat.retries()
    kubectl.run("delete", "namespace", "keda", "--wait=false")
    await eventually(lambda: not kubectl.succeeds("get", "deployment", "keda-operator", "-n=keda"), within=WITHIN)
    kubectl.run("delete", "crd", CRD, "--wait=false")
    told: Any = await eventually(lambda: chat.scalable("KedaLeaving"), within=WITHIN)
    assert chat.replicas() == 3
    program, *rest = shlex.split(told["message"].rpartition("gone for good: ")[2])
    assert program == "kubectl"
    kubectl.run(*rest)
    await eventually(lambda: chat.scalable("KedaNotInstalled"), within=WITHIN)
    assert chat.replicas() == 3
    assert await chat.retries() - before < 5, "it is quiet meanwhile"
    kubectl.run("delete", f"--filename={manifests}", "--ignore-not-found", "--wait=false")  # its metrics API too
    await eventually(lambda: not kubectl.succeeds("get", "namespace", "keda"), within=WITHIN)
    await come(kubectl, manifests)
    await eventually(chat.is_scaled, within=WITHIN)
    assert chat.replicas() == 3


async def come(kubectl: Kubectl, manifests: Path) -> None:
    """KEDA is installed."""
    kubectl.apply_file(manifests)
    await eventually(lambda: kubectl.succeeds("get", "crd", CRD), within=WITHIN)
