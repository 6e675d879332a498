"""Bringing the cluster up: every step looks first and does only what is missing, so that `up` also repairs."""

import datetime as dt
import functools
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from dev.cluster import addons, containerd, keda, network, node, teardown
from dev.cluster.control_plane import build_control_plane
from dev.cluster.kubectl import Kubectl
from dev.cluster.layout import (
    DNS_READY_ADDRESS,
    NODE_IP,
    PROMETHEUS_PORT,
    REGISTRY_PASSWORD,
    REGISTRY_PORT,
    REGISTRY_USER,
    Layout,
)
from dev.cluster.monitoring import build_gpu_exporter, build_prometheus
from dev.cluster.node_daemons import build_containerd, build_coredns, build_kube_proxy, build_kubelet, build_registry
from dev.cluster.packages import install_packages
from dev.cluster.pki import make_pki
from dev.cluster.processes import Daemon, log_file, raise_open_files_limit, require_running, start
from dev.cluster.programs import build_programs, read_key
from dev.cluster.progress import ClusterError, TooLateError, say, step, tail, wait_until

HEALTH = {
    "registry": f"http://{NODE_IP}:{REGISTRY_PORT}/",
    "coredns": f"http://{DNS_READY_ADDRESS}/ready",
    "kube-proxy": f"http://{NODE_IP}:10256/healthz",
    "kubelet": f"http://{NODE_IP}:10248/healthz",
    "prometheus": f"http://{NODE_IP}:{PROMETHEUS_PORT}/-/ready",
}

PATIENCE = 120  # seconds for one part to serve, on a machine that may be busy with other things


def up(layout: Layout) -> None:
    """Bring the cluster up, repair it, or, where that fails, replace it by a new one."""
    install_packages()
    programs = build_programs(layout)
    kubectl = Kubectl(programs / "kubectl", layout.kubeconfig())
    existed = layout.pki.exists()
    try:
        bring_core_up(layout, kubectl, programs)
    except ClusterError as error:
        if not existed:
            raise
        say(f"{error}\nthis cluster cannot be repaired: replacing it by a new one")
        teardown.take_down(layout, purge=not containerd.answers(layout))
        bring_core_up(layout, kubectl, programs)
    bring_addons_up(layout, kubectl, programs)


def bring_core_up(layout: Layout, kubectl: Kubectl, programs: Path) -> None:
    """From whatever is there to a node on which pods run."""
    prepare_host(layout)
    is_new_bridge = network.make_bridge()
    etcd, api_server, *controllers = build_control_plane(layout, programs)
    pause = f"localhost/inferops-dev/pause:{read_key('pause')}"
    runtime = build_containerd(layout, pause)
    start_all(layout, etcd, runtime, api_server, build_registry(layout))
    await_daemons(layout, [runtime], lambda: containerd.answers(layout))
    if is_new_bridge:  # pods of an earlier bridge hang in the air: the kubelet makes them anew
        containerd.kill_pods()
    containerd.load_program(layout, pause, (programs / "pause").resolve())
    await_daemons(layout, [api_server, etcd], lambda: kubectl.succeeds("get", "--raw=/readyz"))
    coredns = build_coredns(layout, programs, has_upstream=has_nameserver(Path("/etc/resolv.conf")))
    monitoring = [build_prometheus(layout, programs), build_gpu_exporter(layout)]
    node_daemons = [build_kubelet(layout, programs), build_kube_proxy(layout, programs), coredns, *monitoring]
    began = dt.datetime.now(dt.UTC).replace(microsecond=0)
    restarted = start_all(layout, *controllers, *node_daemons)
    bring_node_up(layout, kubectl, began if "kubelet" in restarted else None)
    require_running(layout, [each.name for each in (etcd, api_server, runtime, *controllers, *node_daemons)])


def prepare_host(layout: Layout) -> None:
    """Folders, kernel settings, certificates, the registry's password file."""
    for folder in (layout.state, layout.log, layout.run, layout.registry_storage):
        folder.mkdir(parents=True, exist_ok=True)
    raise_open_files_limit()
    network.set_sysctls(layout)
    make_pki(layout)
    passwords = layout.state / "registry.htpasswd"
    if not passwords.exists():
        command = ["/usr/bin/htpasswd", "-Bbn", REGISTRY_USER, REGISTRY_PASSWORD]
        passwords.write_text(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def start_all(layout: Layout, *daemons: Daemon) -> list[str]:
    """Start those that do not run as they should; their names."""
    started = [daemon.name for daemon in daemons if start(layout, daemon)]
    if started:
        say(f"  started {', '.join(started)}")
    return started


def bring_node_up(layout: Layout, kubectl: Kubectl, restarted: dt.datetime | None) -> None:
    """Wait for the node's daemons and a Ready node; with `restarted`, for word of it from after that moment."""
    with step("node"):
        for name, url in HEALTH.items():
            serves = functools.partial(responds, url)
            wait_until(name, serves, timeout=PATIENCE, alive=lambda: require_running(layout, HEALTH))
        wait_until(
            "node Ready",
            lambda: node.is_ready(node.read_node(kubectl), since=restarted),
            timeout=PATIENCE,
            alive=lambda: require_running(layout, HEALTH),
        )
        node.assert_gpus(kubectl)


def bring_addons_up(layout: Layout, kubectl: Kubectl, programs: Path) -> None:
    """Apply the metrics API and KEDA, and wait until both serve."""
    with step("KEDA and the metrics API"):
        keda.load_images(layout, programs)
        addons.apply_addons(kubectl, layout, keda.render_manifests(layout, programs))
        try:
            wait_until(
                "KEDA and the metrics API",
                lambda: not addons.read_missing(kubectl),
                timeout=180,
                alive=lambda: require_running(layout, ["kube-controller-manager", "kube-scheduler", "metrics-server"]),
            )
        except TooLateError as error:
            missing = ", ".join(addons.read_missing(kubectl))
            raise ClusterError(f"{error}\nmissing: {missing}\n{addons.describe_pods(kubectl)}") from error


def await_daemons(layout: Layout, daemons: list[Daemon], probe: Callable[[], bool]) -> None:
    """Wait for the first daemon to serve, with the others that it needs; the error shows the end of a log."""
    names = [daemon.name for daemon in daemons]
    try:
        with step(names[0]):
            wait_until(names[0], probe, timeout=PATIENCE, alive=lambda: require_running(layout, names))
    except TooLateError as error:
        raise ClusterError(f"{error}\n{tail(log_file(layout, names[0]))}") from error


def responds(url: str) -> bool:
    """Whether a health address says yes."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - addresses of this file only
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def has_nameserver(resolv_conf: Path) -> bool:
    """Whether the host has a resolver to forward to."""
    return resolv_conf.exists() and any(line.startswith("nameserver") for line in resolv_conf.read_text().splitlines())
