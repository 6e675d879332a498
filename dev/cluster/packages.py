"""Debian's part of the cluster: installed when a program is missing, and never started as a service."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.cluster.progress import ClusterError, step

# A file that only the package brings -> the package.
PACKAGES = {
    "/usr/bin/containerd": "containerd",
    "/usr/sbin/runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "/usr/sbin/iptables": "iptables",
    "/usr/sbin/conntrack": "conntrack",
    "/usr/sbin/ethtool": "ethtool",
    "/usr/sbin/ip": "iproute2",
    "/usr/bin/docker-registry": "docker-registry",
    "/usr/bin/htpasswd": "apache2-utils",
    "/usr/bin/openssl": "openssl",
    "/usr/lib/postgresql/15/bin/postgres": "postgresql-15",  # what the ledger's tests keep usage in
    "/bin/busybox": "busybox-static",  # what the tests of the cluster run in pods
    "/usr/bin/chromium": "chromium",  # what the console's tests look at it with
    "/usr/share/fonts/opentype/inter/Inter-Regular.otf": "fonts-inter",  # what it writes with
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf": "fonts-dejavu-core",  # and code
}
SERVICES = ("containerd", "docker-registry")
POLICY = Path("/usr/sbin/policy-rc.d")


def install_packages() -> None:
    """Install what is missing, as root."""
    missing = {package for path, package in PACKAGES.items() if not Path(path).exists()}
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise ClusterError(f"missing {', '.join(sorted(missing))}, and no apt-get here to install them with")
    with step(f"installing {' '.join(sorted(missing))}"), services_held_back():
        run_apt("update")
        run_apt("install", "--yes", "--no-install-recommends", *sorted(missing))
        if Path("/run/systemd/system").exists():
            for service in sorted(missing.intersection(SERVICES)):
                subprocess.run(["systemctl", "disable", "--now", "--quiet", service], check=False)


def run_apt(*arguments: str) -> None:
    """One apt-get call; its last lines are the error."""
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    result = subprocess.run(["apt-get", "-q", *arguments], env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = "\n    ".join((result.stdout + result.stderr).splitlines()[-10:])
        raise ClusterError(f"apt-get {arguments[0]} failed:\n    {lines}")


@contextmanager
def services_held_back() -> Iterator[None]:
    """No package starts its service meanwhile. Source: Debian's policy-rc.d (invoke-rc.d(8)), 101 = forbidden."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
