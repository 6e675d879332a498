"""The daemons of the node and their configuration: containerd, kubelet, kube-proxy, CoreDNS, the private registry."""

import json
from pathlib import Path

from dev.cluster.layout import (
    BRIDGE,
    CLUSTER_DOMAIN,
    DNS_READY_ADDRESS,
    FIRST_POD_IP,
    NODE_IP,
    NODE_NAME,
    POD_CIDR,
    REGISTRY_NAME,
    REGISTRY_PORT,
    Layout,
)
from dev.cluster.processes import Daemon

CONTAINERD = """\
version = 2
root = "{layout.containerd_root}"
state = "{layout.run}/containerd"
[grpc]
  address = "{layout.containerd_socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{layout.containerd_root}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause_image}"
  restrict_oom_score_adj = true        # without CAP_SYS_RESOURCE (a container, some VMs) every sandbox fails otherwise
  netns_mounts_under_state_dir = true  # so that `down` finds every mount below one folder
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{layout.state}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{layout.state}/certs.d"
"""

COREFILE = """\
.:53 {{
  bind {node_ip}
  errors
  ready {ready_address}
  hosts {{
    {node_ip} {registry}
    fallthrough
  }}
  kubernetes {domain} in-addr.arpa {{
    kubeconfig {kubeconfig}
    pods insecure
    fallthrough in-addr.arpa
  }}
  {upstream}
}}
"""

REGISTRY = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {layout.registry_storage}}}
  delete: {{enabled: true}}
http: {{addr: "{node_ip}:{port}", secret: one-replica-needs-no-secret}}
auth:
  htpasswd: {{realm: {registry}, path: {layout.state}/registry.htpasswd}}
"""


def build_containerd(layout: Layout, pause_image: str) -> Daemon:
    """Containerd with its own socket and folders, the pods' network, and plain HTTP for the private registry."""
    config = layout.state / "containerd.toml"
    registry = layout.state / "certs.d" / f"{REGISTRY_NAME}:{REGISTRY_PORT}" / "hosts.toml"
    server = f"http://{NODE_IP}:{REGISTRY_PORT}"
    return Daemon(
        "containerd",
        ("/usr/bin/containerd", "--config", str(config), "--log-level", "warn"),
        {
            config: CONTAINERD.format(layout=layout, pause_image=pause_image),
            registry: f'server = "{server}"\n[host."{server}"]\n  capabilities = ["pull", "resolve", "push"]\n',
            layout.state / "cni/10-bridge.conflist": build_pod_network(layout),
        },
    )


def build_pod_network(layout: Layout) -> str:
    """Pods on one bridge, masqueraded outward, with host ports. Source: CNI specification 0.4.0."""
    ipam = {
        "type": "host-local",
        "dataDir": f"{layout.run}/ipam",
        "ranges": [[{"subnet": POD_CIDR, "rangeStart": FIRST_POD_IP}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "ipMasq": True, "hairpinMode": True, "ipam": ipam}
    port_map = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": NODE_NAME, "plugins": [bridge, port_map]}, indent=2)


def build_kubelet(layout: Layout, programs: Path) -> Daemon:
    """The kubelet; JSON is YAML, so the configuration needs no YAML writer. It never evicts for a nearly full disk."""
    path = layout.state / "kubelet.yaml"
    config = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_IP,
        "healthzBindAddress": NODE_IP,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{layout.pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "failSwapOn": False,
        "failCgroupV1": False,
        "featureGates": {"ImageVolume": True},
        "clusterDNS": [NODE_IP],
        "clusterDomain": CLUSTER_DOMAIN,
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        "tlsCertFile": f"{layout.pki}/kubelet.crt",
        "tlsPrivateKeyFile": f"{layout.pki}/kubelet.key",
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "maxPods": 240,
        "serializeImagePulls": False,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 300,
        "podLogsDir": f"{layout.state}/pod-logs",
    }
    return Daemon(
        "kubelet",
        (
            f"{programs}/kubelet",
            f"--config={path}",
            f"--kubeconfig={layout.kubeconfig('kubelet')}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={NODE_IP}",
            f"--root-dir={layout.state}/kubelet",
        ),
        {path: json.dumps(config, indent=2)},
    )


def build_kube_proxy(layout: Layout, programs: Path) -> Daemon:
    """Services by iptables; it leaves the machine's connection tracking limits alone."""
    path = layout.state / "kube-proxy.yaml"
    config = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": str(layout.kubeconfig("proxy"))},
        "clusterCIDR": POD_CIDR,
        "hostnameOverride": NODE_NAME,
        "healthzBindAddress": f"{NODE_IP}:10256",
        "metricsBindAddress": f"{NODE_IP}:10249",
        "conntrack": {"maxPerCore": 0},
        "iptables": {"minSyncPeriod": "0.1s"},
    }
    argv = (f"{programs}/kube-proxy", f"--config={path}")
    return Daemon("kube-proxy", argv, {path: json.dumps(config, indent=2)})


def build_coredns(layout: Layout, programs: Path, *, has_upstream: bool) -> Daemon:
    """DNS for pods; names outside the cluster are asked of the host's resolver where there is one."""
    path = layout.state / "Corefile"
    text = COREFILE.format(
        node_ip=NODE_IP,
        ready_address=DNS_READY_ADDRESS,
        registry=REGISTRY_NAME,
        domain=CLUSTER_DOMAIN,
        kubeconfig=layout.kubeconfig("admin"),
        upstream="forward . /etc/resolv.conf" if has_upstream else "",
    )
    return Daemon("coredns", (f"{programs}/coredns", "-conf", str(path), "-quiet"), {path: text})


def build_registry(layout: Layout) -> Daemon:
    """A private registry with one user, on plain HTTP: only this machine reaches its address."""
    path = layout.state / "registry.yaml"
    text = REGISTRY.format(layout=layout, node_ip=NODE_IP, port=REGISTRY_PORT, registry=REGISTRY_NAME)
    return Daemon("registry", ("/usr/bin/docker-registry", "serve", str(path)), {path: text})
