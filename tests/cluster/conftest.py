"""The local cluster for these tests, and only the local one: they would harm any other."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dev.cluster import containerd, images
from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import Layout, read_layout
from dev.cluster.processes import read_running
from dev.cluster.programs import read_folder
from dev.cluster.target import read_target
from tests.cluster.here import Here, serve_namespace
from tests.cluster.manifests import BUSYBOX
from tests.support.eventually import eventually


@pytest.fixture(scope="session")
def layout() -> Layout:
    target = read_target(found := read_layout())
    if not target.local:
        pytest.skip(f"changes the machine, and context {target.context} is not the local cluster")
    return found


@pytest.fixture(scope="session")
def kubectl(layout: Layout) -> Kubectl:
    if not read_running(layout, "kube-apiserver"):
        pytest.fail("the local cluster is not up: python3 -m dev.cluster up")
    return Kubectl(read_folder(layout) / "kubectl", layout.kubeconfig())


@pytest.fixture(scope="session")
def busybox_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = Path("/bin/busybox")
    if not program.exists():
        pytest.fail("/bin/busybox is missing: apt-get install busybox-static")
    archive = tmp_path_factory.mktemp("images") / "busybox.tar"
    images.write_image(archive, BUSYBOX, program)
    return archive


@pytest.fixture(scope="module")
def busybox(layout: Layout, kubectl: Kubectl, busybox_archive: Path) -> str:
    """An image of nothing but busybox, on the node; it needs the cluster to be up."""
    assert kubectl
    containerd.load_archives(layout, [busybox_archive])
    return BUSYBOX


@pytest.fixture
async def namespace(kubectl: Kubectl) -> AsyncIterator[str]:
    """A namespace under the restricted pod security standard, gone after the test."""
    name = f"cluster-test-{secrets.token_hex(3)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    # The controller manager makes the default service account a moment later; pods need it.
    await eventually(lambda: kubectl.succeeds("get", "serviceaccount", "default", f"--namespace={name}"))
    yield name
    kubectl.run("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def operator_here(kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """A namespace that an operator serves: one from source, unless inferops is installed on the cluster. One for all
    tests of a file.
    """
    with serve_namespace(kubectl, tmp_path_factory.mktemp("operator")) as here:
        yield here
