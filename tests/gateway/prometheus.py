"""A real Prometheus, and what it and control read: texts at /metrics."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

import httpx
from aiohttp import web

from dev.cluster.layout import read_layout
from dev.cluster.programs import build_programs
from tests.support.eventually import eventually
from tests.support.ports import find_free_ports

SCRAPE = "200ms"


@cache
def find_prometheus() -> str:
    """The binary; built where it is missing."""
    return str(build_programs(read_layout(), frozenset({"prometheus"})) / "prometheus")


class Exporter:
    """Shows `text` at /metrics; None: an error."""

    def __init__(self, text: str | None = "", address: str = "127.0.0.1", port: int = 0) -> None:
        self.text = text
        self.address = address
        self.port = port or find_free_ports(1)[0]
        self.asked = 0

    @asynccontextmanager
    async def run(self) -> AsyncIterator["Exporter"]:
        app = web.Application()
        app.router.add_get("/metrics", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, self.address, self.port).start()
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(status=500) if self.text is None else web.Response(text=self.text)


class Prometheus:
    """Scrapes one exporter, and gives these labels to what it reads there."""

    def __init__(self, folder: Path, exporter: Exporter, labels: Mapping[str, str], *, honor: bool = False) -> None:
        (self.port,) = find_free_ports(1)
        self._folder = folder
        self._arguments = [
            f"--config.file={folder / 'prometheus.json'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=warn",
        ]
        targets = {"targets": [f"{exporter.address}:{exporter.port}"], "labels": labels}
        scrape = {"job_name": "dcgm", "honor_labels": honor, "static_configs": [targets]}
        config = {
            "global": {"scrape_interval": SCRAPE, "scrape_timeout": SCRAPE, "evaluation_interval": "1h"},
            "scrape_configs": [scrape],
        }
        (folder / "prometheus.json").write_text(json.dumps(config))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def guard(self, user: str, password: str, certificate: Mapping[str, bytes]) -> None:
        """From the next start on only by TLS, and with the password."""
        command = ["/usr/bin/htpasswd", "-nbBC", "4", user, password]
        entry = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        for name, content in certificate.items():
            (self._folder / name).write_bytes(content)
        web_config = {
            "tls_server_config": {"cert_file": "tls.crt", "key_file": "tls.key"},
            "basic_auth_users": {user: entry.partition(":")[2]},
        }
        (self._folder / "web.json").write_text(json.dumps(web_config))
        self._arguments.append(f"--web.config.file={self._folder / 'web.json'}")

    @asynccontextmanager
    async def run(self) -> AsyncIterator[asyncio.subprocess.Process]:
        with (self._folder / "prometheus.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(find_prometheus(), *self._arguments, stdout=log, stderr=log)
            try:
                await eventually(self._listens, within=30)
                yield process
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    async def _listens(self) -> bool:
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient() as http:
                return (await http.get(f"{self.url}/-/ready")).status_code in {200, 400}
        return False
