"""Client: the REST API for programs that wait for each answer."""

import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Self, TypeVar

import httpx

from inferops.client.call import Call
from inferops.client.connection import PAGE, Connection, page
from inferops.client.errors import read_error, read_failure
from inferops.client.events import EventReader
from inferops.client.exchange import Pause, Script, Step, read_data
from inferops.client.operation import Sync
from inferops.client.resources.catalog import Endpoints, Hardwares, Models, Regions, get_identity
from inferops.client.resources.instances import Instances
from inferops.client.resources.keys import Keys
from inferops.client.resources.registries import Registries
from inferops.client.resources.usage import Usage
from inferops.rest.identity import Identity

T = TypeVar("T")


class Client(Connection, Sync):
    """A context manager, safe to share between threads. Without arguments: $INFEROPS_URL and $INFEROPS_API_KEY."""

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
        self.http = httpx.Client(verify=verify)
        self.models, self.hardwares, self.regions = Models(self), Hardwares(self), Regions(self)
        self.registries, self.instances, self.keys = Registries(self), Instances(self), Keys(self)
        self.endpoints, self.usage = Endpoints(self), Usage(self)

    def me(self) -> Identity:
        """Whose key this is."""
        return self.send(get_identity())

    def send(self, call: Call[T]) -> T:
        """The answer. Raises ApiError."""
        return self.follow(self.script(call))

    def follow(self, script: Script[T]) -> T:
        """Carries out a script."""
        outcome: Any = None
        while True:
            try:
                step = script.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = self.perform(step)

    def perform(self, step: Step) -> Any:
        """One step."""
        if isinstance(step, Call):
            return self.send(step)
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return time.monotonic()
        try:
            return self.http.send(step)
        except httpx.TransportError as failure:
            return failure

    def iterate(self, call: Call[list[T]]) -> Iterator[T]:
        """All objects, a page at a time."""
        offset, batch = 0, self.send(page(call, 0))
        while batch:
            yield from batch
            offset += len(batch)
            batch = self.send(page(call, offset)) if len(batch) == PAGE else []

    def stream(self, call: Call[T]) -> Iterator[T]:
        """Events as they come. Raises ApiError."""
        request, reader = self.build_stream(call), EventReader()
        with self._open(request) as response:
            for line in response.iter_lines():
                for data in reader.feed(line):
                    yield read_data(call, data.encode(), request.url)

    def download(self, call: Call[bytes]) -> Iterator[bytes]:
        """A file in pieces, as they come. Raises ApiError."""
        with self._open(self.build(call)[1]) as response:
            yield from response.iter_bytes()

    @contextmanager
    def _open(self, request: httpx.Request) -> Iterator[httpx.Response]:
        try:
            with closing(self.http.send(request, stream=True)) as response:
                if not response.is_success:
                    response.read()
                    raise read_error(response)
                yield response
        except httpx.TransportError as failure:
            raise read_failure(failure, request.url) from None

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
