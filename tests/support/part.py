"""A process of the system that a test kills and starts again."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import httpx

from tests.support.eventually import eventually
from tests.support.tls import TLS

START_SECONDS = 60.0


class Part:
    """One command; use as a context manager. What it prints goes to a file; it is up once the URL `ready` says 200."""

    def __init__(
        self, output: Path, command: Sequence[str], environment: Mapping[str, str] | None = None, ready: str = ""
    ) -> None:
        self.output, self.kills, self._ready = output, 0, ready
        self._command, self._environment = command, {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._process
        return self._process.pid

    @property
    def runs(self) -> bool:
        """False: it ended by itself, or was killed."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Anew, or for the first time; until it is ready."""
        with self.output.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdout=output, stderr=output, env=self._environment
            )

        if self._ready:
            await eventually(self.is_ready, within=START_SECONDS, interval=0.2)

    async def is_ready(self) -> bool:
        """Whether it says so."""
        assert self.runs, self.output.read_text()[-2000:]
        async with httpx.AsyncClient(verify=TLS) as client:
            try:
                return (await client.get(self._ready)).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

    async def kill(self) -> None:
        """kill -9; harmless where it does not run."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
            self.kills += 1

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Killed for as long as the context lasts."""
        await self.kill()
        try:
            yield
        finally:
            await self.start()
