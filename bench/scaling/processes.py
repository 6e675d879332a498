"""What the processes of the local cluster cost: those in pods are processes of this machine, too."""

import json
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from bench.operator.processes import read_cpu
from dev.cluster.layout import read_layout
from dev.cluster.processes import read_running
from dev.target import Target
from tests.e2e.world import SYSTEM

T = TypeVar("T")
PODS = {
    "control": (SYSTEM, "app.kubernetes.io/component=control"),
    "operator": (SYSTEM, "app.kubernetes.io/component=operator"),
    "gateway": (SYSTEM, "app.kubernetes.io/component=gateway"),
    "keda": ("keda", "app=keda-operator"),
}
"""By name: namespace and selector."""
DAEMONS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet", "containerd")


class Use(NamedTuple):
    """What they used."""

    seconds: float
    """How long it took."""
    cpu: dict[str, float]
    """Seconds of CPU by process."""

    def percent(self) -> dict[str, float]:
        """Of a core."""
        return {name: round(100 * used / self.seconds, 1) for name, used in self.cpu.items()}


async def measure_use(target: Target, life: Awaitable[T]) -> tuple[T, Use]:
    """What comes of `life`, and what they use while it lasts."""
    pids = find_processes(target)
    before, begun = {name: read_cpus(each) for name, each in pids.items()}, time.monotonic()
    result = await life
    used = {name: round(read_cpus(each) - before[name], 2) for name, each in pids.items()}
    return result, Use(time.monotonic() - begun, used)


def read_cpus(pids: list[int]) -> float:
    """Seconds of CPU that they have used; those that ended have used none."""
    used = 0.0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            used += read_cpu(pid)
    return used


def find_processes(target: Target) -> dict[str, list[int]]:
    """Process ids by name."""
    layout = read_layout()
    daemons = {name: read_running(layout, name) for name in DAEMONS}
    found = {name: [record.pid] for name, record in daemons.items() if record}
    for name, (namespace, selector) in PODS.items():
        pods = json.loads(target.kubectl("-n", namespace, "get", "pods", "-l", selector, "-o", "json"))["items"]
        found[name] = find_in_pods([pod["metadata"]["uid"] for pod in pods])
    return found


def find_in_pods(uids: list[str]) -> list[int]:
    """Process ids of all their containers, by the names of control groups."""
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            group = (folder / "cgroup").read_text()
            if any(uid in group for uid in uids):
                pids.append(int(folder.name))
    return pids
