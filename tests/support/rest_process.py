"""`inferops api` as a process of its own, as in a pod."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import yaml

from inferops.names import Manifest
from tests.support.apiserver import find_free_ports
from tests.support.eventually import eventually
from tests.support.tls import TLS


class RestProcess:
    """One replica. `settings` are those of the installation, as in the settings file."""

    def __init__(self, folder: Path, kubeconfig: Path, settings: Manifest) -> None:
        port, health_port = find_free_ports(2)
        self.url, self.health = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{health_port}"
        self.log = folder / f"api-{port}.log"
        file = folder / f"api-{port}.yaml"
        file.write_text(yaml.safe_dump({**settings, "api": {"port": port, "healthPort": health_port}}))
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

    async def is_ready(self) -> bool:
        """Whether everything is read."""
        assert self._process.poll() is None, f"the API ended:\n{self.log.read_text()[-4000:]}"
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient(verify=TLS) as http:
                return (await http.get(f"{self.health}/readyz")).is_success
        return False

    def terminate(self) -> int:
        """As the kubelet ends it; returns the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise


@asynccontextmanager
async def start_process(folder: Path, kubeconfig: Path, settings: Manifest) -> AsyncIterator[RestProcess]:
    """Ready, and ended with the context."""
    process = RestProcess(folder, kubeconfig, settings)
    try:
        await eventually(process.is_ready, within=30)
        yield process
    finally:
        process.terminate()
