"""The cluster's certificates and kubeconfigs: made once per cluster by openssl, in a folder that appears whole."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from dev.cluster.layout import API_SERVER, CONTEXT, KUBERNETES_SERVICE_IP, NODE_IP, NODE_NAME, Layout

# File name -> (subject, subject alternative names). Source: kubernetes.io, PKI certificates and requirements.
CERTIFICATES = {
    "apiserver": (
        "/CN=kube-apiserver",
        (
            "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,"
            f"DNS:localhost,IP:127.0.0.1,IP:{KUBERNETES_SERVICE_IP},IP:{NODE_IP}"
        ),
    ),
    "admin": ("/O=system:masters/CN=admin", "DNS:admin"),
    "controller-manager": ("/CN=system:kube-controller-manager", "DNS:controller-manager"),
    "scheduler": ("/CN=system:kube-scheduler", "DNS:scheduler"),
    "proxy": ("/CN=system:kube-proxy", "DNS:proxy"),
    "kubelet": (f"/O=system:nodes/CN=system:node:{NODE_NAME}", f"DNS:{NODE_NAME},IP:{NODE_IP}"),
    "front-proxy": ("/CN=front-proxy", "DNS:front-proxy"),
    "metrics-server": ("/CN=metrics-server", "DNS:metrics-server.kube-system.svc"),
}
USERS = ("admin", "controller-manager", "scheduler", "proxy", "kubelet")
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365")


def make_pki(layout: Layout) -> None:
    """Make all certificates and kubeconfigs, unless this cluster has them."""
    if not layout.pki.exists():
        partial = layout.state / "pki.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)  # openssl makes keys readable by root only
        run_openssl(
            "req",
            "-x509",
            *NEW_KEY,
            "-keyout",
            partial / "ca.key",
            "-out",
            partial / "ca.crt",
            "-subj",
            "/CN=inferops-dev",
        )
        for name, (subject, names) in CERTIFICATES.items():
            sign_certificate(partial, name, subject, names)
        run_openssl("genrsa", "-out", partial / "sa.key", "2048")
        run_openssl("rsa", "-in", partial / "sa.key", "-pubout", "-out", partial / "sa.pub")
        partial.rename(layout.pki)
    for user in USERS:
        write_kubeconfig(layout, user)


def sign_certificate(folder: Path, name: str, subject: str, names: str) -> None:
    """One key and its certificate, signed by the cluster's own authority."""
    authority = ("-CA", folder / "ca.crt", "-CAkey", folder / "ca.key")
    extensions = ("-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE")
    files = ("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt")
    run_openssl("req", "-x509", *NEW_KEY, *authority, *extensions, *files, "-subj", subject)


def run_openssl(*arguments: str | Path) -> None:
    """One openssl call."""
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def build_kubeconfig(ca: bytes, certificate: bytes, key: bytes) -> dict[str, Any]:
    """A kubeconfig with everything inside, so that it can be copied."""
    ca_data, certificate_data, key_data = (base64.b64encode(each).decode() for each in (ca, certificate, key))
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": {"server": API_SERVER, "certificate-authority-data": ca_data}}],
        "users": [
            {"name": CONTEXT, "user": {"client-certificate-data": certificate_data, "client-key-data": key_data}}
        ],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
    }


def write_kubeconfig(layout: Layout, user: str) -> None:
    """Write a user's kubeconfig, readable by its owner: root, or whoever called sudo."""
    ca, certificate, key = ((layout.pki / name).read_bytes() for name in ("ca.crt", f"{user}.crt", f"{user}.key"))
    path = layout.kubeconfig(user)
    path.touch(mode=0o600)
    path.write_text(json.dumps(build_kubeconfig(ca, certificate, key), indent=2))
    if user == "admin" and "SUDO_UID" in os.environ:
        os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))
