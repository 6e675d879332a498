"""`inferops api` as a process of its own, as in a pod."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import yaml

from inferops.names import Manifest
from tests.support.ports import find_free_ports
from tests.support.tls import TLS


class ApiServerProcess:
    """One replica. `settings` are those of the installation, as in the settings file."""

    def __init__(self, folder: Path, kubeconfig: Path, settings: Manifest) -> None:
        port, health = find_free_ports(2)
        self.log = folder / f"api-{port}.log"
        self.url = f"http://127.0.0.1:{port}/ai-inference"
        self._health = f"http://127.0.0.1:{health}"
        file = folder / f"api-{port}.yaml"
        file.write_text(yaml.safe_dump({**settings, "api": {"port": port, "healthPort": health}}))
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "INFEROPS_SETTINGS": str(file)}
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "inferops", "api", "--log-format", "json"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        """As the kernel knows it."""
        return self._process.pid

    def is_ready(self) -> bool:
        """Whether everything is read."""
        assert self._process.poll() is None, f"the API ended:\n{self.log.read_text()[-4000:]}"
        try:
            return httpx.get(f"{self._health}/readyz", verify=TLS).is_success
        except httpx.TransportError:
            return False

    def read_metrics(self) -> str:
        """As Prometheus reads them."""
        return httpx.get(f"{self._health}/metrics", verify=TLS).text

    def signal_end(self) -> None:
        """As the kubelet asks it to end."""
        self._process.send_signal(signal.SIGTERM)

    def terminate(self) -> int:
        """As the kubelet ends it; returns the exit status."""
        if self._process.poll() is None:
            self.signal_end()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
