"""AsyncClient: the REST API for asyncio; the same as client.py, with await."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Self, TypeVar

import httpx

from inferops.client.call import Call
from inferops.client.connection import PAGE, Connection, page
from inferops.client.errors import read_error, read_failure
from inferops.client.events import EventReader
from inferops.client.exchange import Pause, Script, Step, read_data
from inferops.client.operation import Async
from inferops.client.resources.catalog import Endpoints, Hardwares, Models, Regions, get_identity
from inferops.client.resources.instances import Instances
from inferops.client.resources.keys import Keys
from inferops.client.resources.registries import Registries
from inferops.client.resources.usage import Usage
from inferops.rest.identity import Identity

T = TypeVar("T")


class AsyncClient(Connection, Async):
    """A context manager, for one event loop. Without arguments: $INFEROPS_URL and $INFEROPS_API_KEY."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = 30,
        retries: int = 3,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        super().__init__(url, key, timeout, retries)
        self.http = httpx.AsyncClient(verify=verify)
        self.models, self.hardwares, self.regions = Models(self), Hardwares(self), Regions(self)
        self.registries, self.instances, self.keys = Registries(self), Instances(self), Keys(self)
        self.endpoints, self.usage = Endpoints(self), Usage(self)

    async def me(self) -> Identity:
        """Whose key this is."""
        return await self.send(get_identity())

    async def send(self, call: Call[T]) -> T:
        """The answer. Raises ApiError."""
        return await self.follow(self.script(call))

    async def follow(self, script: Script[T]) -> T:
        """Carries out a script."""
        outcome: Any = None
        while True:
            try:
                step = script.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = await self.perform(step)

    async def perform(self, step: Step) -> Any:
        """One step."""
        if isinstance(step, Call):
            return await self.send(step)
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return time.monotonic()
        try:
            return await self.http.send(step)
        except httpx.TransportError as failure:
            return failure

    async def iterate(self, call: Call[list[T]]) -> AsyncIterator[T]:
        """All objects, a page at a time."""
        offset, batch = 0, await self.send(page(call, 0))
        while batch:
            for each in batch:
                yield each
            offset += len(batch)
            batch = await self.send(page(call, offset)) if len(batch) == PAGE else []

    async def stream(self, call: Call[T]) -> AsyncIterator[T]:
        """Events as they come. Raises ApiError."""
        request, reader = self.build_stream(call), EventReader()
        async with self._open(request) as response:
            async for line in response.aiter_lines():
                for data in reader.feed(line):
                    yield read_data(call, data.encode(), request.url)

    async def download(self, call: Call[bytes]) -> AsyncIterator[bytes]:
        """A file in pieces, as they come. Raises ApiError."""
        async with self._open(self.build(call)[1]) as response:
            async for piece in response.aiter_bytes():
                yield piece

    @asynccontextmanager
    async def _open(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        try:
            async with aclosing(await self.http.send(request, stream=True)) as response:
                if not response.is_success:
                    await response.aread()
                    raise read_error(response)
                yield response
        except httpx.TransportError as failure:
            raise read_failure(failure, request.url) from None

    async def close(self) -> None:
        """Closes the connections."""
        await self.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
