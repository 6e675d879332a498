"""Which nodes mount images."""

import pytest

from inferops.names import Manifest
from inferops.plan.image_volumes import find_incapable


def node(runtime: str, kubelet: str = "v1.34.4") -> Manifest:
    info = {"containerRuntimeVersion": runtime, "kubeletVersion": kubelet}
    return {"metadata": {"name": "n"}, "status": {"nodeInfo": info}}


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([], None),
        ([node("containerd://1.6.20")], 'node "n" runs containerd 1.6.20'),
        ([node("containerd://2.1.0")], None),
        ([node("containerd://2.0.5"), node("containerd://2.1.4-k3s2")], None),
        ([node("cri-o://1.30.2")], 'node "n" runs cri-o 1.30.2'),
        ([node("cri-o://1.33.0", "v1.30.1")], 'node "n" runs Kubernetes v1.30.1'),
        ([node("docker://28.0")], None),
        ([node("containerd://unknown", "odd")], None),
        ([{"metadata": {"name": "new"}}], None),
    ],
)
def test_one_capable_node_is_enough(nodes: list[Manifest], why: str | None) -> None:
    assert find_incapable(nodes) == why
