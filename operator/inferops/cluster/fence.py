"""The last gate before a write leaves this process."""

from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractStreamWriter

FENCED = "this replica does not hold the Lease, so it writes nothing"


class FencedBody(aiohttp.BytesPayload):
    """The body of a write, sent only while `may_write()` is true: a request may wait long for its connection, and a
    process that was frozen wakes up in the middle of it. Without its body the API server does nothing.
    """

    def __init__(self, value: bytes, may_write: Callable[[], bool]) -> None:
        super().__init__(value)
        self._may_write = may_write

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Called by aiohttp once the connection is there."""
        if not self._may_write():
            raise ConnectionAbortedError(FENCED)
        await super().write_with_length(writer, content_length)
