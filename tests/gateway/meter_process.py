"""`inferops meter` as a process, beside an Envoy or beside a journal that a test writes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inferops.settings import SETTINGS_VARIABLE
from tests.gateway.gateway import Gateway


@dataclass(frozen=True)
class MeterCommand:
    """`folder`: for its settings and its output, `meter.out`; `ledger`: host and port, None for none."""

    folder: Path
    journal: Path
    admin_port: int
    metrics_port: int
    ledger: str | None = None
    certificates: Path | None = None

    @property
    def out(self) -> Path:
        """What it prints: the log."""
        return self.folder / "meter.out"

    async def start(self, *options: str) -> asyncio.subprocess.Process:
        """It follows the journal when this returns."""
        settings: dict[str, Any] = {"ledger": {"enabled": self.ledger is not None, "address": self.ledger}}
        if self.certificates:
            settings["gateway"] = {"peerCertificates": str(self.certificates)}
        path = self.folder / "meter.yaml"
        path.write_text(yaml.safe_dump(settings))
        ports = ("--admin-port", str(self.admin_port), "--metrics-port", str(self.metrics_port))
        command = [sys.executable, "-m", "inferops", "meter", "--access-log", str(self.journal), *ports, *options]
        with self.out.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *command,
                env={**os.environ, SETTINGS_VARIABLE: str(path), "POD_NAME": "gateway-1"},
                stdout=out,
                stderr=asyncio.subprocess.PIPE,
            )
        assert process.stderr
        assert b"following" in await process.stderr.readline()
        return process

    @asynccontextmanager
    async def run(self, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Killed where it has not ended."""
        process = await self.start(*options)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def run_meter(
    gateway: Gateway, *options: str, ledger: str | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The gateway pod's main container."""
    ports = (gateway.admin_port, gateway.meter_port)
    async with MeterCommand(gateway.folder, gateway.access_log, *ports, ledger).run(*options) as process:
        yield process
