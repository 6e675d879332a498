"""The control plane's command lines: etcd, API server, controller manager, scheduler, metrics-server."""

from pathlib import Path

from dev.cluster.layout import ETCD_CLIENT_URL, ETCD_PEER_URL, METRICS_SERVER_PORT, NODE_IP, SERVICE_CIDR, Layout
from dev.cluster.processes import Daemon

CLIENT_RATE = ("--kube-api-qps=200", "--kube-api-burst=300")


def build_control_plane(layout: Layout, programs: Path) -> list[Daemon]:
    """In the order in which they start; the API server needs etcd, the others the API server."""
    return [
        build_etcd(layout, programs),
        build_api_server(layout, programs),
        build_controller_manager(layout, programs),
        Daemon(
            "kube-scheduler",
            (
                f"{programs}/kube-scheduler",
                f"--kubeconfig={layout.kubeconfig('scheduler')}",
                f"--bind-address={NODE_IP}",
                "--leader-elect=false",
                *CLIENT_RATE,
            ),
        ),
        build_metrics_server(layout, programs),
    ]


def build_etcd(layout: Layout, programs: Path) -> Daemon:
    """Without fsync: the state of a development cluster is not worth waiting for a disk."""
    return Daemon(
        "etcd",
        (
            f"{programs}/etcd",
            f"--data-dir={layout.state}/etcd",
            "--unsafe-no-fsync",
            "--log-level=warn",
            f"--listen-client-urls={ETCD_CLIENT_URL}",
            f"--advertise-client-urls={ETCD_CLIENT_URL}",
            f"--listen-peer-urls={ETCD_PEER_URL}",
            f"--initial-advertise-peer-urls={ETCD_PEER_URL}",
            f"--initial-cluster=default={ETCD_PEER_URL}",
        ),
    )


def build_api_server(layout: Layout, programs: Path) -> Daemon:
    """The API server, with the aggregation layer that metrics-server and KEDA's metrics adapter need."""
    pki = layout.pki
    return Daemon(
        "kube-apiserver",
        (
            f"{programs}/kube-apiserver",
            f"--bind-address={NODE_IP}",
            f"--advertise-address={NODE_IP}",
            f"--etcd-servers={ETCD_CLIENT_URL}",
            f"--service-cluster-ip-range={SERVICE_CIDR}",
            f"--tls-cert-file={pki}/apiserver.crt",
            f"--tls-private-key-file={pki}/apiserver.key",
            f"--client-ca-file={pki}/ca.crt",
            f"--service-account-key-file={pki}/sa.pub",
            f"--service-account-signing-key-file={pki}/sa.key",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--feature-gates=ImageVolume=true",
            "--allow-privileged=true",
            f"--kubelet-client-certificate={pki}/admin.crt",
            f"--kubelet-client-key={pki}/admin.key",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            "--kubelet-preferred-address-types=InternalIP",  # the node's name resolves nowhere
            "--enable-aggregator-routing=true",
            f"--requestheader-client-ca-file={pki}/ca.crt",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={pki}/front-proxy.crt",
            f"--proxy-client-key-file={pki}/front-proxy.key",
        ),
    )


def build_controller_manager(layout: Layout, programs: Path) -> Daemon:
    """The controllers; the autoscaler looks every 5 s instead of 15 s, so that tests of scaling take seconds."""
    kubeconfig = layout.kubeconfig("controller-manager")
    return Daemon(
        "kube-controller-manager",
        (
            f"{programs}/kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--bind-address={NODE_IP}",
            f"--service-account-private-key-file={layout.pki}/sa.key",
            f"--root-ca-file={layout.pki}/ca.crt",
            "--use-service-account-credentials=true",
            f"--cluster-signing-cert-file={layout.pki}/ca.crt",
            f"--cluster-signing-key-file={layout.pki}/ca.key",
            "--leader-elect=false",
            "--horizontal-pod-autoscaler-sync-period=5s",
            "--horizontal-pod-autoscaler-initial-readiness-delay=5s",
            *CLIENT_RATE,
        ),
    )


def build_metrics_server(layout: Layout, programs: Path) -> Daemon:
    """CPU and memory for the autoscaler and `kubectl top`: a process of the host, so that it costs no pod."""
    kubeconfig = layout.kubeconfig("admin")
    return Daemon(
        "metrics-server",
        (
            f"{programs}/metrics-server",
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--bind-address={NODE_IP}",
            f"--secure-port={METRICS_SERVER_PORT}",
            f"--tls-cert-file={layout.pki}/metrics-server.crt",
            f"--tls-private-key-file={layout.pki}/metrics-server.key",
            f"--kubelet-certificate-authority={layout.pki}/ca.crt",
            "--kubelet-preferred-address-types=InternalIP",
            "--kubelet-use-node-status-port",
            "--metric-resolution=10s",
            "--kubelet-request-timeout=5s",  # must be below the resolution
        ),
    )
