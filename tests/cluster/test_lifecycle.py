"""`up`, repair and `down` of the local cluster, judged by what the machine looks like before and after."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.cluster import network
from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import BRIDGE, Layout
from dev.cluster.node import offers_gpus, read_node
from dev.cluster.processes import read_argv, read_running
from dev.cluster.programs import read_folder
from dev.cluster.teardown import DAEMONS
from tests.cluster.manifests import SERVE, build_pod, fetch
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.destructive]


@dataclass(frozen=True)
class Machine:
    """What the cluster may change while it runs, and must not have changed when it is gone."""

    interfaces: frozenset[str]
    rules: tuple[str, ...]
    mounts: frozenset[str]
    namespaces: frozenset[str]
    cgroups: frozenset[str]
    sysctls: tuple[str, ...]


def read_machine(layout: Layout) -> Machine:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    ours = (str(layout.state), str(layout.run), "/run/netns")
    cgroups = [Path(folder) for folder, _, _ in os.walk("/sys/fs/cgroup")]
    return Machine(
        interfaces=frozenset(path.name for path in Path("/sys/class/net").iterdir()),
        rules=tuple(rule for family in ("iptables", "ip6tables") for rule in read_rules(family)),
        mounts=frozenset(mount for mount in mounts if mount.startswith(ours)),
        namespaces=frozenset(path.name for path in Path("/run/netns").glob("*")),
        cgroups=frozenset(str(path) for path in cgroups),
        sysctls=tuple(Path("/proc/sys", name).read_text() for name in network.CHANGED_SYSCTLS),
    )


def read_rules(family: str) -> list[str]:
    """Rules and chains, without comments, counters, and the empty tables that merely looking at them makes."""
    lines = subprocess.run([f"/usr/sbin/{family}-save"], check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if line.startswith("-A") or (line.startswith(":") and " - " in line)]


def read_processes(layout: Layout) -> list[str]:
    """Command lines, of processes that still run, that name the cluster's folders."""
    argvs = [read_argv(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")]
    marks = (f"{layout.state}/", f"{layout.run}/")
    return [" ".join(argv) for argv in argvs if any(mark in " ".join(argv) for mark in marks)]


def run(*arguments: str) -> float:
    """Run a command of dev.cluster; the seconds it took."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "dev.cluster", *arguments], cwd=ROOT, check=True)
    return time.monotonic() - began


def read_pids(layout: Layout) -> dict[str, int]:
    return {name: record.pid for name in DAEMONS if (record := read_running(layout, name))}


@pytest.fixture(scope="module")
def kubectl(layout: Layout) -> Kubectl:
    """Where the other tests want a cluster that is up, these bring it up."""
    run("up")
    return Kubectl(read_folder(layout) / "kubectl", layout.kubeconfig())


def test_up_again_restarts_nothing_and_takes_seconds(layout: Layout, kubectl: Kubectl) -> None:
    before = read_pids(layout)
    assert run("up") < 15
    assert read_pids(layout) == before
    assert kubectl.succeeds("get", "--raw=/readyz")


@pytest.mark.parametrize("victim", DAEMONS)
def test_a_daemon_that_was_killed_is_started_again(layout: Layout, kubectl: Kubectl, victim: str) -> None:
    before = read_pids(layout)
    os.kill(before[victim], signal.SIGKILL)
    run("up")
    after = read_pids(layout)
    assert set(after) == set(DAEMONS)
    assert {name for name in DAEMONS if after[name] != before[name]} == {victim}
    assert kubectl.succeeds("get", "--raw=/readyz")


def test_gpus_that_the_node_lost_are_offered_again(kubectl: Kubectl) -> None:
    patch = '[{"op":"remove","path":"/status/capacity/nvidia.com~1gpu"}]'
    kubectl.run("patch", "node", "inferops-dev", "--subresource=status", "--type=json", f"--patch={patch}")
    run("up")
    assert offers_gpus(read_node(kubectl))


async def test_pods_serve_again_after_the_bridge_was_removed(kubectl: Kubectl, namespace: str, busybox: str) -> None:
    def answers() -> bool:
        address = kubectl.read("pod", "web", f"--namespace={namespace}")["status"].get("podIP")
        return bool(address) and fetch(f"http://{address}:8080") == "hello-from-pod"

    pod = build_pod("web", busybox, SERVE)
    pod["metadata"]["namespace"] = namespace
    kubectl.apply(pod)
    await eventually(answers, within=60)
    network.remove_bridge()
    run("up")
    await eventually(answers, within=90)


def test_a_cluster_whose_data_is_damaged_is_replaced(layout: Layout, kubectl: Kubectl) -> None:
    kubectl.run("create", "namespace", "from-the-old-cluster")
    os.kill(read_pids(layout)["etcd"], signal.SIGKILL)
    for log in (layout.state / "etcd").rglob("*.wal"):
        log.write_bytes(b"damaged" * 4096)
    run("up")
    assert not kubectl.succeeds("get", "namespace", "from-the-old-cluster")
    assert set(read_pids(layout)) == set(DAEMONS)


def test_down_leaves_nothing_behind_and_up_comes_back(layout: Layout, kubectl: Kubectl) -> None:
    run("down")
    clean = read_machine(layout)
    assert read_processes(layout) == []
    assert BRIDGE not in clean.interfaces
    assert not clean.mounts
    assert not [rule for rule in clean.rules if "KUBE-" in rule or "CNI-" in rule]
    assert not [path for path in clean.cgroups if "kubepods" in path]
    run("up")
    assert kubectl.succeeds("wait", "--for=condition=Available", "deployment/keda-operator", "--namespace=keda")
    run("down")
    assert read_machine(layout) == clean
    assert read_processes(layout) == []
    run("down")  # harmless
    run("up")
