"""The command line as people have it: the real commands, through a socket, to the REST API of the tests."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from click.testing import CliRunner, Result
from fastapi import FastAPI

from inferops.api.app import build_app
from inferops.cli.main import main
from tests.support.rest import Rest


@dataclass
class Terminal:
    """Somebody who types commands; at first logged in by the environment."""

    url: str
    home: Path
    environment: dict[str, str | None] = field(default_factory=dict)

    async def type(self, *arguments: str, stdin: str = "", status: int = 0) -> Result:
        """One command, which must end with the status. What is written never tells of Python."""
        runner = CliRunner(env={"XDG_CONFIG_HOME": str(self.home), **self.environment})
        result = await asyncio.to_thread(runner.invoke, main, list(arguments), stdin, prog_name="inferops")
        told = f"inferops {' '.join(arguments)}: {result.exit_code}\n{result.output}\n{result.exception!r}"
        assert result.exit_code == status, told
        assert "Traceback" not in result.output, told
        return result

    async def read(self, *arguments: str, stdin: str = "") -> Any:
        """What a command answers as JSON."""
        return json.loads((await self.type(*arguments, "-o", "json", stdin=stdin)).stdout)

    async def fail(self, status: int, *arguments: str, stdin: str = "") -> str:
        """The last line of a command that ends with the status: what is wrong, and what to do."""
        result = await self.type(*arguments, stdin=stdin, status=status)
        assert result.stdout == "", result.stdout
        (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        assert result.stderr.splitlines()[-1] == line
        return line.removeprefix("Error: ")


@asynccontextmanager
async def serve_app(app: FastAPI, certificates: Path | None = None) -> AsyncIterator[str]:
    """An application at an address of this machine; by TLS with the tls.crt and tls.key of a folder."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    if certificates:
        config.ssl_certfile, config.ssl_keyfile = certificates / "tls.crt", certificates / "tls.key"
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve([listener]))
    try:
        yield f"http{'s' if certificates else ''}://localhost:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def open_terminal(rest: Rest, home: Path) -> AsyncIterator[Terminal]:
    """In front of the API, with the key of the namespace."""
    async with serve_app(build_app(rest.services)) as url:
        yield Terminal(url, home, {"INFEROPS_URL": url, "INFEROPS_API_KEY": rest.key, "INFEROPS_PROFILE": None})


def columns(text: str) -> Iterator[list[str]]:
    """The rows of a table, by what two spaces part."""
    for line in text.splitlines():
        yield [cell for cell in line.split("  ") if cell]
