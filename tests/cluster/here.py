"""A namespace of the local cluster that an operator serves, for tests on real pods."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.cluster.kubectl import Kubectl
from dev.images.store import lock
from inferops.cluster.resources import RESOURCES
from inferops.names import API_VERSION, SYSTEM_NAMESPACE, Manifest
from tests.support.operator_process import OperatorProcess
from tests.support.reader import Reader, connect

CRDS = Path(__file__).resolve().parents[2] / "crds"
HARDWARE: Manifest = {"displayName": "Small", "cpu": "10m", "memory": "64Mi"}


@dataclass(frozen=True)
class Here:
    """What a test sees of it. Objects without a namespace, as the catalog's, are named `<name>-<namespace>` by the
    test and deleted after it.
    """

    kubectl: Kubectl
    namespace: str
    operator: OperatorProcess | None
    """The operator from source; None where the cluster has inferops installed, which then serves the namespace."""

    @property
    def reader(self) -> Reader:
        """Asks the API server, as kubectl does."""
        return connect(self.kubectl.kubeconfig)

    def write(self, kind: str, name: str, spec: Manifest) -> None:
        """What a user writes: one of our kinds."""
        self.apply({"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec})

    def apply(self, *manifests: Manifest) -> None:
        """Server-side apply, in the namespace."""
        self.kubectl.apply(*(self._placed(manifest) for manifest in manifests))

    def read(self, kind: str, name: str = "", **labels: str) -> Any:
        """One object, {} where there is none; or all of the namespace with those labels."""
        if name:
            return self.reader.read(kind, self.namespace, name)
        return self.reader.read_all(
            kind, self.namespace, ",".join(f"{label}={value}" for label, value in labels.items())
        )

    def read_condition(self, name: str, kind: str) -> Manifest:
        """One condition of an instance; empty while there is none."""
        status = self.read("InferenceInstance", name).get("status") or {}
        return next((each for each in status.get("conditions") or [] if each["type"] == kind), {})

    def named(self, name: str) -> str:
        """The name of a cluster-wide object that is this test's own."""
        return f"{name}-{self.namespace}"

    def _placed(self, manifest: Manifest) -> Manifest:
        resource = RESOURCES.get(manifest["kind"])
        place = {} if resource is not None and not resource.namespaced else {"namespace": self.namespace}
        return {**manifest, "metadata": {**manifest["metadata"], **place}}


def install_kinds(kubectl: Kubectl) -> None:
    """Our CRDs; tests side by side would otherwise create the same ones."""
    with lock("cluster-crds"):
        for path in sorted(CRDS.glob("*.yaml")):
            kubectl.apply_file(path)
    kubectl.run("wait", "--for=condition=Established", f"--filename={CRDS}", "--timeout=30s")


@contextmanager
def serve_namespace(kubectl: Kubectl, folder: Path) -> Iterator[Here]:
    """A namespace, the small catalog `cpu` and `here`, and an operator; all gone afterwards."""
    install_kinds(kubectl)
    name = f"here-{secrets.token_hex(3)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    installed = kubectl.succeeds("get", "deployment", "inferops-operator", f"--namespace={SYSTEM_NAMESPACE}")
    settings = {"namespace": name, "watchNamespaces": [name]}
    operator = None if installed else OperatorProcess(folder, kubectl.kubeconfig, settings, name)
    here = Here(kubectl, name, operator)
    try:
        here.write("Hardware", here.named("cpu"), HARDWARE)
        here.write("Region", here.named("here"), {"id": secrets.randbelow(10**6), "displayName": "Here"})
        if operator:
            asyncio.run(operator.wait_leading())
        yield here
    finally:
        clear(here)


def clear(here: Here) -> None:
    """End the operator first, so that it says nothing more of what goes."""
    if here.operator:
        here.operator.terminate()
    here.kubectl.run("delete", "namespace", here.namespace, "--wait=false")
    for kind in ("models", "hardwares", "regions"):
        names = [obj["metadata"]["name"] for obj in here.kubectl.read(f"{kind}.inferops.dev")["items"]]
        for each in names:
            if each.endswith(here.namespace):
                here.kubectl.run("delete", f"{kind}.inferops.dev", each)
