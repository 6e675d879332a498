"""A real etcd and kube-apiserver for one test session: no kubelet, no controllers, ready in seconds.

With CONTEXT in the environment, the cluster of that kubeconfig context instead; tests then only try what they would do.
"""

import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from dev.cluster.layout import read_layout
from dev.cluster.processes import LESS_COLLECTION
from dev.cluster.programs import build_programs
from dev.cluster.target import read_target, write_kubeconfig
from tests.support.eventually import PATIENCE
from tests.support.ports import find_free_ports

TOKEN = "administrator"
START_TIMEOUT = 180.0
STOP_TIMEOUT = 10.0

Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class ApiServer:
    """A running API server and how to reach it."""

    url: str
    kubeconfig: Path
    context: str
    """Context within the kubeconfig."""
    http: httpx.Client
    """Speaks to it as cluster administrator, relative to `url`."""
    kubectl: Path
    ours: bool = True
    """False: somebody's cluster. Nothing may be written there except with dryRun=All."""

    def run_kubectl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """One kubectl call; the caller looks at its return code."""
        command: list[str | Path] = [
            self.kubectl,
            "--kubeconfig",
            self.kubeconfig,
            "--context",
            self.context,
            *arguments,
        ]
        return subprocess.run(
            command, env=os.environ | LESS_COLLECTION, input=stdin,
            capture_output=True, text=True, timeout=60 * PATIENCE, check=False,
        )  # fmt: skip


@contextmanager
def start_apiserver(folder: Path, *, image_volumes: bool = True) -> Iterator[ApiServer]:
    """Start both programs on free ports with all their files in `folder`; end them by pid. Image volumes are served as
    by Kubernetes 1.35, or not as by those before.
    """
    programs = build_programs(read_layout(), only=frozenset({"etcd", "kube-apiserver", "kubectl"}))
    etcd_port, peer_port, port = find_free_ports(3)
    url, certificate = f"https://127.0.0.1:{port}", folder / "apiserver.crt"
    (folder / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
    subprocess.run(["openssl", "genrsa", "-out", folder / "service-account.key"], check=True, capture_output=True)
    commands: tuple[list[str | Path], ...] = (
        [programs / "etcd", *build_etcd_flags(folder, etcd_port, peer_port)],
        [
            programs / "kube-apiserver",
            *build_apiserver_flags(folder, etcd_port, port),
            f"--feature-gates=ImageVolume={str(image_volumes).lower()}",
        ],
    )
    with ExitStack() as stack:
        processes = [stack.enter_context(run_program(command, folder)) for command in commands]
        wait_for(lambda: is_written(certificate), processes, folder)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        trust = ssl.create_default_context(cafile=certificate)
        http = stack.enter_context(httpx.Client(base_url=url, headers=headers, verify=trust, timeout=30))
        wait_for(lambda: is_ready(http), processes, folder)
        yield ApiServer(url, write_own_kubeconfig(folder, url, certificate), "test", http, programs / "kubectl")


@contextmanager
def connect_apiserver(folder: Path) -> Iterator[ApiServer]:
    """The cluster of $CONTEXT, by `kubectl proxy`: so every way of logging in that a kubeconfig knows works."""
    kubectl = build_programs(read_layout(), only=frozenset({"kubectl"})) / "kubectl"
    target = read_target(read_layout())
    kubeconfig = write_kubeconfig(read_layout(), target)
    url = f"http://127.0.0.1:{(port := find_free_ports(1)[0])}"
    flags = ["--kubeconfig", str(kubeconfig), "--context", target.context, "proxy", f"--port={port}"]
    with run_program([kubectl, *flags], folder) as proxy, httpx.Client(base_url=url, timeout=30) as http:
        wait_for(lambda: is_ready(http), [proxy], folder)
        yield ApiServer(url, kubeconfig, target.context, http, kubectl, ours=False)


@contextmanager
def run_program(command: Sequence[str | Path], folder: Path) -> Iterator[Process]:
    """A program with its log in `folder`; the kernel ends it too, should this process be killed."""
    with Path(folder, f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            env=os.environ | LESS_COLLECTION, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def build_etcd_flags(folder: Path, port: int, peer_port: int) -> list[str]:
    """A single member that keeps nothing safe."""
    url, peer_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def build_apiserver_flags(folder: Path, etcd_port: int, port: int) -> list[str]:
    """Everything as in a cluster, except what needs controllers."""
    return [
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'service-account.key'}",
        f"--service-account-signing-key-file={folder / 'service-account.key'}",
        "--disable-admission-plugins=ServiceAccount",
    ]


def write_own_kubeconfig(folder: Path, url: str, certificate: Path) -> Path:
    """A kubeconfig with one context, `test`."""
    cluster = {"server": url, "certificate-authority": str(certificate)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": {"token": TOKEN}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


def is_written(certificate: Path) -> bool:
    """Whether all of it is there."""
    return certificate.exists() and "END CERTIFICATE" in certificate.read_text()


def is_ready(http: httpx.Client) -> bool:
    """Whether the API server says so itself."""
    try:
        return http.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def wait_for(condition: Callable[[], bool], processes: Sequence[Process], folder: Path) -> None:
    """Return once the condition holds; RuntimeError with the logs when a program ends or the time is over."""
    deadline = time.monotonic() + START_TIMEOUT
    while not condition():
        if time.monotonic() > deadline or any(process.poll() is not None for process in processes):
            logs = "\n".join(f"{log.name}:\n{log.read_text()[-2000:]}" for log in folder.glob("*.log"))
            raise RuntimeError(f"the API server did not start\n{logs}")
        time.sleep(0.05)
