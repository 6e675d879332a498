"""`inferops ledger` as a process of its own, as in a pod."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import yaml

from inferops.names import Manifest
from tests.support.ports import find_free_ports
from tests.support.tls import TLS


class LedgerProcess:
    """One replica. `database` is a file for SQLite, or a file with the URL of PostgreSQL, as settings name it."""

    def __init__(self, folder: Path, kubeconfig: Path, database: Manifest, settings: Manifest | None = None) -> None:
        port, health = find_free_ports(2)
        self.log = folder / f"ledger-{port}.log"
        self.url = f"http://127.0.0.1:{port}"
        self.health = f"http://127.0.0.1:{health}"
        file = folder / f"ledger-{port}.yaml"
        ledger = {"address": f"127.0.0.1:{port}", "port": port, **database}
        file.write_text(yaml.safe_dump({"healthPort": health, "ledger": ledger, **(settings or {})}))
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "INFEROPS_SETTINGS": str(file)}
        self.start()

    def start(self) -> None:
        """Again, after kill()."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "inferops", "ledger", "--log-format", "json"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def is_ready(self) -> bool:
        """Whether it takes records."""
        return self.ask_health("/readyz")[0] == 200

    def ask_health(self, path: str) -> tuple[int, str]:
        """Status and text; 0 while nobody answers."""
        assert self._process.poll() is None, f"the ledger ended:\n{self.log.read_text()[-4000:]}"
        try:
            answer = httpx.get(f"{self.health}{path}", verify=TLS)
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.text

    def deliver(self, body: bytes) -> httpx.Response:
        """As a meter does."""
        return httpx.post(
            f"{self.url}/v1/records", content=body, headers={"x-meter": "gateway-1"}, timeout=30, verify=TLS
        )

    def ask(self, path: str, **parameters: Any) -> Any:
        """JSON of a GET."""
        return httpx.get(f"{self.url}{path}", params=parameters, timeout=30, verify=TLS).raise_for_status().json()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """As the kubelet ends it; the exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
