"""Taking the cluster down: no process, mount, network namespace, interface, rule or cgroup of ours stays."""

import contextlib
import shutil
import time
from pathlib import Path

from dev.cluster import containerd, network
from dev.cluster.layout import NODE_NAME, Layout
from dev.cluster.processes import Daemon, read_running, start, stop
from dev.cluster.progress import ClusterError, say, step

# The kubelet and kube-proxy first: they would bring back what is removed after them.
NODE_AGENTS = ("kubelet", "kube-proxy")
REST = (
    "prometheus",
    "gpu-exporter",
    "metrics-server",
    "kube-scheduler",
    "kube-controller-manager",
    "coredns",
    "registry",
    "kube-apiserver",
    "etcd",
)
DAEMONS = (*NODE_AGENTS, *REST, "containerd")
GRACE = 1  # seconds: their state is thrown away
# Folders that the kubelet and the CNI plugins make at fixed places, innermost first.
FIXED_FOLDERS = (
    "/var/log/containers",
    "/var/lib/kubelet/device-plugins",
    "/var/lib/kubelet",
    "/var/lib/cni/results",
    "/var/lib/cni",
)


def take_down(layout: Layout, *, purge: bool = False) -> None:
    """End and remove everything; containerd's images stay for the next `up`, unless `purge`."""
    with step("stopping the node's agents and the control plane"):
        stop(layout, NODE_AGENTS, grace=GRACE)
        stop(layout, REST, grace=GRACE)
    with step("removing containers"):
        remove_containers(layout)
    stop(layout, ["containerd"])
    containerd.kill_shims(layout)
    with step("removing mounts, network and cgroups"):
        containerd.unmount_below(layout.run, layout.state)
        network.remove_bridge()
        network.sweep_rules()
        network.restore_sysctls(layout)
        remove_cgroups()
    remove_files(layout, purge=purge)


def remove_containers(layout: Layout) -> None:
    """Through containerd, started for it if it has died; without it, by the pods' cgroups."""
    config = layout.state / "containerd.toml"
    if config.exists() and not read_running(layout, "containerd"):
        start(layout, Daemon("containerd", ("/usr/bin/containerd", "--config", str(config), "--log-level", "warn")))
    deadline = time.monotonic() + 10
    while read_running(layout, "containerd") and not containerd.answers(layout) and time.monotonic() < deadline:
        time.sleep(0.1)
    try:
        containerd.remove_containers(layout)
    except (ClusterError, FileNotFoundError) as error:
        if layout.containerd_socket.exists():
            say(f"  containerd could not remove its containers ({error}): ending them by their cgroups")
    containerd.kill_pods()


def remove_cgroups() -> None:
    """The kernel lets go of a cgroup a moment after its last process."""
    deadline = time.monotonic() + 10
    while containerd.read_pod_cgroups():
        try:
            containerd.remove_cgroups()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def remove_files(layout: Layout, *, purge: bool) -> None:
    """Everything of this cluster but containerd's images, and what kubelet and CNI plugins wrote at fixed places."""
    for link in Path("/var/log/containers").glob("*.log"):
        if link.is_symlink() and link.readlink().is_relative_to(layout.state):
            link.unlink()
    for cached in Path("/var/lib/cni/results").glob(f"{NODE_NAME}-*"):
        cached.unlink()
        sandbox = cached.name.removeprefix(f"{NODE_NAME}-").removesuffix("-eth0")
        cached.with_name(f"cni-loopback-{sandbox}-lo").unlink(missing_ok=True)
    Path("/var/lib/kubelet/device-plugins/kubelet.sock").unlink(missing_ok=True)
    for folder in FIXED_FOLDERS:
        with contextlib.suppress(OSError):  # absent, or not empty and so not ours alone
            Path(folder).rmdir()
    shutil.rmtree(layout.run, ignore_errors=True)
    if not layout.state.exists():
        return
    for entry in layout.state.iterdir():
        if entry.is_dir():
            if purge or entry != layout.containerd_root:
                shutil.rmtree(entry)
        else:
            entry.unlink()
    if purge:
        layout.state.rmdir()
