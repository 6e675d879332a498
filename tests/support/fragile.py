"""A real etcd and kube-apiserver that a test freezes, ends and starts again, with a record of every write by user."""

import json
import os
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from dev.cluster.layout import read_layout
from dev.cluster.programs import build_programs
from tests.support.apiserver import (
    TOKEN,
    ApiServer,
    Process,
    build_apiserver_flags,
    build_etcd_flags,
    is_ready,
    run_program,
    wait_for,
    write_own_kubeconfig,
)
from tests.support.ports import find_free_ports

USERS = ("one", "two", "limited")
"""Who a replica may be; their token is their name. Unlike the administrator they are subject to priority levels."""
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "users": list(USERS)}, {"level": "None"}],
}


class Write(NamedTuple):
    """A write that the API server carried out."""

    moment: datetime
    """When the API server had the whole request's head."""
    user: str
    verb: str
    resource: str
    name: str


@dataclass
class Fragile:
    """Both programs and what a test may do to them."""

    server: ApiServer
    folder: Path
    commands: dict[str, list[str | Path]]
    processes: dict[str, Process] = field(default_factory=dict)
    _stacks: dict[str, ExitStack] = field(default_factory=dict)

    def start(self, program: str) -> None:
        """Start it; the API server's callers wait with wait_ready()."""
        self._stacks[program] = ExitStack()
        self.processes[program] = self._stacks[program].enter_context(run_program(self.commands[program], self.folder))

    def stop(self, program: str) -> None:
        """End it by its signal."""
        self._stacks.pop(program).close()
        del self.processes[program]

    def freeze(self, program: str) -> None:
        """It stands still: connections stay open and nobody answers."""
        self.processes[program].send_signal(signal.SIGSTOP)

    def thaw(self, program: str) -> None:
        """It goes on."""
        self.processes[program].send_signal(signal.SIGCONT)

    def wait_ready(self) -> None:
        """Until the API server says so."""
        wait_for(lambda: is_ready(self.server.http), list(self.processes.values()), self.folder)

    def write_kubeconfig(self, user: str, url: str = "") -> Path:
        """A kubeconfig of a user, by way of `url` where it is given."""
        config = json.loads(self.server.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": user}
        config["clusters"][0]["cluster"]["server"] = url or self.server.url
        path = self.folder / f"kubeconfig-{user}"
        path.write_text(json.dumps(config))
        return path

    def read_writes(self, namespace: str) -> list[Write]:
        """Successful writes in a namespace in their order, those of Leases apart."""
        records = [json.loads(line) for line in (self.folder / "audit.log").read_text().splitlines()]
        writes = [
            build_write(record)
            for record in records
            if record["verb"] not in {"get", "list", "watch"}
            and record["objectRef"].get("namespace") == namespace
            and record["objectRef"]["resource"] != "leases"
            and record["responseStatus"]["code"] < 300
        ]
        return sorted(writes)


def build_write(record: dict[str, Any]) -> Write:
    """A line of the audit log."""
    moment = datetime.fromisoformat(record["requestReceivedTimestamp"])
    target = record["objectRef"]
    return Write(moment, record["user"]["username"], record["verb"], target["resource"], target.get("name", ""))


@contextmanager
def start_fragile(folder: Path) -> Iterator[Fragile]:
    """As start_apiserver, with an audit log and a handle on both programs."""
    programs = build_programs(read_layout(), only=frozenset({"etcd", "kube-apiserver", "kubectl"}))
    etcd_port, peer_port, port = find_free_ports(3)
    url, certificate = f"https://127.0.0.1:{port}", folder / "apiserver.crt"
    tokens = [f"{TOKEN},admin,admin,system:masters", *(f"{user},{user},{user},replicas" for user in USERS)]
    (folder / "tokens.csv").write_text("\n".join(tokens))
    (folder / "audit.json").write_text(json.dumps(POLICY))
    subprocess.run(["openssl", "genrsa", "-out", folder / "service-account.key"], check=True, capture_output=True)
    audit = [f"--audit-policy-file={folder / 'audit.json'}", f"--audit-log-path={folder / 'audit.log'}"]
    commands: dict[str, list[str | Path]] = {
        "etcd": [programs / "etcd", *build_etcd_flags(folder, etcd_port, peer_port)],
        "kube-apiserver": [programs / "kube-apiserver", *build_apiserver_flags(folder, etcd_port, port), *audit],
    }
    fragile = Fragile(ApiServer(url, Path(), "test", httpx.Client(), programs / "kubectl"), folder, commands)
    try:
        for program in commands:
            fragile.start(program)
        wait_for(certificate.exists, list(fragile.processes.values()), folder)
        fragile.server = connect(url, certificate, programs / "kubectl", folder)
        fragile.wait_ready()
        make_administrators(fragile.server)
        yield fragile
    finally:
        fragile.server.http.close()
        for program in reversed(list(fragile.processes)):
            os.kill(fragile.processes[program].pid, signal.SIGCONT)
            fragile.stop(program)


def connect(url: str, certificate: Path, kubectl: Path, folder: Path) -> ApiServer:
    """The server as its administrator sees it."""
    trust = ssl.create_default_context(cafile=certificate)
    http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, verify=trust, timeout=30)
    return ApiServer(url, write_own_kubeconfig(folder, url, certificate), "test", http, kubectl)


def make_administrators(server: ApiServer) -> None:
    """The users may do everything."""
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "replicas"}]
    binding = {"metadata": {"name": "replicas"}, "roleRef": role, "subjects": subjects}
    server.http.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", json=binding).raise_for_status()
