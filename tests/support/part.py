"""A process of the system that a test kills and starts again."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self


class Part:
    """One command; use as a context manager. What it prints goes to a file."""

    def __init__(self, output: Path, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.output, self.kills = output, 0
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
        """Anew, or for the first time."""
        with self.output.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdout=output, stderr=output, env=self._environment
            )

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
