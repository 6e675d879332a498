"""`inferops operator` as a process of its own, as in a pod."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from inferops.names import Manifest
from tests.support.eventually import PATIENCE, eventually
from tests.support.ports import find_free_ports
from tests.support.tls import TLS

READS = {"GET", "LIST", "WATCH"}


class OperatorProcess:
    """One replica. `settings` are those of the installation, as in the settings file."""

    def __init__(self, folder: Path, kubeconfig: Path, settings: Manifest, identity: str) -> None:
        port, self.webhook_port = find_free_ports(2)
        self.log = folder / f"{identity}-{port}.log"
        file = folder / f"{identity}-{port}.yaml"
        admission = {**settings.get("admission", {}), "port": self.webhook_port}
        file.write_text(yaml.safe_dump({**settings, "healthPort": port, "admission": admission}))
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "INFEROPS_SETTINGS": str(file)}
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "inferops", "operator", "--identity", identity, "--log-format", "plain"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stderr=output,
            )
        self._url = f"http://127.0.0.1:{port}"

    @property
    def pid(self) -> int:
        """As the kernel knows it."""
        return self._process.pid

    async def wait_ready(self, within: float = 90) -> None:
        """Until everything is read."""
        await eventually(self._is_ready, within=within)

    async def wait_leading(self, within: float = 90) -> None:
        """Until it works."""
        await self.wait_ready(within)
        await eventually(self.is_leading, within=within)

    async def is_leading(self) -> bool:
        """Whether it holds the Lease."""
        return sum((await self.read("inferops_leader", "")).values()) == 1

    async def read_writes(self) -> dict[str, int]:
        """Accepted writes by kind since the start, without those of the Lease."""
        writes: dict[str, int] = {}
        for labels, count in await self.read_samples("inferops_api_requests_total"):
            accepted = labels["verb"] not in READS and labels["code"].startswith("2")
            if accepted and labels["kind"] != "Lease":
                writes[labels["kind"]] = writes.get(labels["kind"], 0) + int(count)
        return writes

    async def read(self, metric: str, label: str) -> dict[str, float]:
        """The samples of a metric, summed by a label."""
        sums: dict[str, float] = {}
        for labels, value in await self.read_samples(metric):
            sums[labels.get(label, "")] = sums.get(labels.get(label, ""), 0) + value
        return sums

    async def read_samples(self, metric: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each sample of a metric."""
        async with httpx.AsyncClient(verify=TLS) as http:
            text = (await http.get(f"{self._url}/metrics")).text
        families = text_string_to_metric_families(text)
        return [(sample.labels, sample.value) for each in families for sample in each.samples if sample.name == metric]

    async def quiesce(self) -> None:
        """Until nothing waits and nothing was written for half a second."""

        async def is_quiet() -> bool:
            before: Any = [await self.read_writes(), await self.read("inferops_reconciles_total", "kind")]
            await asyncio.sleep(0.5)
            after = [await self.read_writes(), await self.read("inferops_reconciles_total", "kind")]
            return before == after and sum((await self.read("inferops_queue_depth", "")).values()) == 0

        await eventually(is_quiet, within=60)

    def freeze(self) -> None:
        """As a machine that stands still."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self._process.send_signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def kill(self) -> None:
        """As a node that dies."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """As the kubelet ends it; returns the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(15 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    async def _is_ready(self) -> bool:
        assert self._process.poll() is None, f"the operator ended:\n{self.log.read_text()[-4000:]}"
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient(verify=TLS) as http:
                return (await http.get(f"{self._url}/readyz")).is_success
        return False
