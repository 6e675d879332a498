"""The local cluster's pure parts: no root, no cluster."""

import base64
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from dev.cluster import images
from dev.cluster.layout import CONTEXT, Layout, read_layout
from dev.cluster.network import plan_sweep
from dev.cluster.processes import Daemon, read_running, start, stop
from dev.cluster.target import read_target

RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-SERVICES - [0:0]
:CNI-0123 - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -j DOCKER
-A POSTROUTING -s 10.244.0.10/32 -m comment --comment "name: pods" -j CNI-0123
-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-X
-A CNI-0123 -d 10.244.0.0/24 -j ACCEPT
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -j ACCEPT
COMMIT
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Layout:
    return Layout(state=tmp_path / "state", run=tmp_path / "run", cache=tmp_path / "cache")


def test_the_sweep_removes_our_chains_and_the_jumps_into_them_only() -> None:
    assert plan_sweep(RULES.splitlines()) == [
        "*nat",
        '-D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
        '-D POSTROUTING -s 10.244.0.10/32 -m comment --comment "name: pods" -j CNI-0123',
        "-F KUBE-SERVICES",
        "-F CNI-0123",
        "-X KUBE-SERVICES",
        "-X CNI-0123",
        "COMMIT",
        "*filter",
        "COMMIT",
    ]


def test_the_same_program_gives_the_same_image(tmp_path: Path) -> None:
    program = tmp_path / "tool"
    program.write_bytes(b"binary")
    for name in ("one.tar", "two.tar"):
        images.write_image(tmp_path / name, "localhost/tool:1", program)
    one, two = (images.read_images(tmp_path / name) for name in ("one.tar", "two.tar"))
    assert one == two
    assert one[0].references == ("localhost/tool:1",)


def test_an_oci_archive_is_read_too(tmp_path: Path) -> None:
    layout_folder = tmp_path / "oci"
    (layout_folder / "blobs/sha256").mkdir(parents=True)
    (layout_folder / "blobs/sha256/aa").write_text(json.dumps({"config": {"digest": "sha256:bb"}}))
    annotations = {"org.opencontainers.image.ref.name": "localhost/tool:2"}
    index = {"manifests": [{"digest": "sha256:aa", "annotations": annotations}]}
    (layout_folder / "index.json").write_text(json.dumps(index))
    with tarfile.open(tmp_path / "oci.tar", "w") as tar:
        for path in ("index.json", "blobs/sha256/aa"):
            tar.add(layout_folder / path, path)
    assert images.read_images(tmp_path / "oci.tar") == [images.Image(("localhost/tool:2",), "sha256:bb")]


def test_a_daemon_is_restarted_only_when_its_command_changes(scratch: Layout) -> None:
    scratch.run.mkdir()
    daemon = Daemon("sleeper", ("/bin/sleep", "600"))
    try:
        assert start(scratch, daemon)
        first = read_running(scratch, "sleeper")
        assert first
        assert not start(scratch, daemon)
        assert start(scratch, Daemon("sleeper", ("/bin/sleep", "601")))
        second = read_running(scratch, "sleeper")
        assert second
        assert second.pid != first.pid
    finally:
        stop(scratch, ["sleeper"])
    assert read_running(scratch, "sleeper") is None


def test_a_pid_file_that_names_another_process_ends_nothing(scratch: Layout) -> None:
    scratch.run.mkdir()
    with subprocess.Popen(["/bin/sleep", "600"]) as bystander:
        record = {"pid": bystander.pid, "started": 1, "program": "/bin/sleep", "fingerprint": ""}
        (scratch.run / "sleeper.pid").write_text(json.dumps(record))
        stop(scratch, ["sleeper"])
        assert bystander.poll() is None
        bystander.kill()


def test_without_kubeconfig_and_context_the_local_cluster_is_in_force(scratch: Layout) -> None:
    own = str(scratch.kubeconfig())
    for env in ({}, {"CONTEXT": CONTEXT}, {"KUBECONFIG": own}, {"KUBECONFIG": own, "CONTEXT": CONTEXT}):
        target = read_target(scratch, env)
        assert (target.kubeconfig, target.context, target.local) == (own, CONTEXT, True)


@pytest.mark.parametrize(("authority", "local"), [(b"ours", True), (b"another", False)])
def test_a_kubeconfig_is_local_by_its_authority_not_by_its_names(
    scratch: Layout, monkeypatch: pytest.MonkeyPatch, authority: bytes, *, local: bool
) -> None:
    scratch.pki.mkdir(parents=True)
    (scratch.pki / "ca.crt").write_bytes(b"ours")
    data = base64.b64encode(authority).decode()
    view = {"current-context": "prod", "clusters": [{"cluster": {"certificate-authority-data": data}}]}
    monkeypatch.setattr("dev.cluster.target.read_view", lambda _kubeconfig, _context: view)
    target = read_target(scratch, {"KUBECONFIG": "/elsewhere", "CONTEXT": "prod"})
    assert (target.context, target.local) == ("prod", local)


def test_folders_follow_the_environment() -> None:
    layout = read_layout({"INFEROPS_CACHE": "/c", "INFEROPS_DEV_STATE": "/s", "XDG_CACHE_HOME": "/x"})
    assert (layout.cache, layout.state) == (Path("/c"), Path("/s"))
    assert read_layout({"XDG_CACHE_HOME": "/x"}).cache == Path("/x/inferops")
