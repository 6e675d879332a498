"""An engine that takes HTTP/1.1 by the letter: what a gateway passes on must leave no room for two readings."""

import asyncio
from typing import Self

from tests.gateway.malformed.wire import REQUEST_LINE, Message, take_message

ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"ok": true}'


class StrictEngine:
    """An HTTP server on loopback. `seen` holds what came, `broken` what is not HTTP."""

    def __init__(self) -> None:
        self.address, self.port = "127.0.0.1", 0
        self.seen: list[Message] = []
        self.broken: list[str] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.address, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = b""
        try:
            while chunk := await reader.read(1 << 16):
                data += chunk
                while taken := take_message(data, REQUEST_LINE):
                    message, data = taken
                    self.seen.append(message)
                    writer.write(ANSWER)
        except ValueError as error:
            self.broken.append(str(error)[:2000])
        except ConnectionError:
            pass
        finally:
            writer.close()
