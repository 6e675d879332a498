"""Where the local cluster lives: its addresses, ports and folders. Every other file takes them from here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONTEXT = "inferops-dev"
NODE_NAME = "inferops-dev"
BRIDGE = "inferops0"
# The bridge's own address is also the node's and the API server's: nothing depends on the outer network.
NODE_IP = "10.244.0.1"
POD_CIDR = "10.244.0.0/24"
FIRST_POD_IP = "10.244.0.10"  # below it are the host's own addresses
SERVICE_CIDR = "10.96.0.0/16"
KUBERNETES_SERVICE_IP = "10.96.0.1"
CLUSTER_DOMAIN = "cluster.local"

API_SERVER = f"https://{NODE_IP}:6443"
# A loopback address of its own: unreachable from pods, and another etcd may run on 127.0.0.1.
ETCD_CLIENT_URL = "http://127.10.244.1:2379"
ETCD_PEER_URL = "http://127.10.244.1:2380"
DNS_READY_ADDRESS = f"{NODE_IP}:8181"
METRICS_SERVER_PORT = 4443
PROMETHEUS_PORT = 9090
GPU_EXPORTER_PORT = 9400  # as NVIDIA's own

REGISTRY_NAME = "registry.inferops.test"
REGISTRY_PORT = 5000
REGISTRY_USER = "demo"
REGISTRY_PASSWORD = "demo-registry-password"  # noqa: S105 - public on purpose: it guards example images on this machine

SOURCE = Path(__file__).parent


@dataclass(frozen=True)
class Layout:
    """Folders: `state` goes with `down`, `run` holds sockets and pid files, `cache` outlives both."""

    state: Path
    run: Path
    cache: Path

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.state / "pki"

    @property
    def log(self) -> Path:
        """One log file per daemon."""
        return self.state / "log"

    @property
    def containerd_root(self) -> Path:
        """Containerd's images: kept by `down`, so that the next `up` imports nothing."""
        return self.state / "containerd"

    @property
    def containerd_socket(self) -> Path:
        """What the kubelet and ctr talk to."""
        return self.run / "containerd.sock"

    @property
    def registry_storage(self) -> Path:
        """Pushed images: in the cache, so that they outlive `down`."""
        return self.cache / "registry"

    def kubeconfig(self, user: str = "admin") -> Path:
        """The kubeconfig of one of the cluster's users."""
        return self.state / f"{user}.kubeconfig"


def read_layout(env: Mapping[str, str] = os.environ) -> Layout:
    """The folders this environment asks for."""
    cache_home = env.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Layout(
        state=Path(env.get("INFEROPS_DEV_STATE") or "/var/lib/inferops-dev"),
        run=Path("/run/inferops-dev"),
        cache=Path(env.get("INFEROPS_CACHE") or Path(cache_home) / "inferops"),
    )
