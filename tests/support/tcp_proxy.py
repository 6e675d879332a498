"""A TCP proxy before the API server, whose connections a test cuts or holds."""

import asyncio
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class TcpProxy:
    """Listens on 127.0.0.1 for `target`, a URL. Use as an async context manager."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._writers: set[asyncio.StreamWriter] = set()
        self.refusing = False
        """True: new connections end at once."""
        self.connections = 0
        """Connections taken so far."""
        self.allowance: int | None = None
        """Bytes that still go from the target to the client; after the last one all connections end, mid-word."""
        self.late = 0.0
        """Seconds that each piece from the target takes more."""
        self.swallowing = False
        """True: connections stay, and what comes is neither passed on nor refused."""

    @property
    def url(self) -> str:
        """The same server, through the proxy."""
        return f"{self._target.scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """End all connections as a dying network does: without a word."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers |= {writer, far_writer}
        try:
            with suppress(asyncio.CancelledError):  # at the end: Python 3.11 complains of each
                await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer, counted=True))
        finally:
            self._writers -= {writer, far_writer}
            for end in (writer, far_writer):
                end.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool = False) -> None:
        with suppress(ConnectionError, OSError):
            while data := await reader.read(65536):
                if self.swallowing:
                    continue
                if counted and self.allowance is not None:
                    data, self.allowance = data[: self.allowance], self.allowance - len(data)
                if counted and self.late:
                    await asyncio.sleep(self.late)
                writer.write(data)
                await writer.drain()
                if self.allowance is not None and self.allowance <= 0:
                    self.allowance = None
                    self.cut()
        writer.transport.abort()
