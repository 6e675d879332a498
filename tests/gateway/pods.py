"""Pods of one instance as Kubernetes lets them come and go: engines on loopback, and the slice that tells of them."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from inferops.names import Manifest
from tests.gateway.engine import Engine
from tests.gateway.gateway import Gateway
from tests.gateway.objects import endpoint_slice
from tests.support.ports import find_free_ports

ENGINE_GRACE = 30.0
"""Seconds that an engine which ends gives to what runs."""
TOLD = 0.1
"""Seconds between what a pod does and what its slice says of it."""


class Pod(Engine):
    """Ends as uvicorn, and so vLLM, does after SIGTERM."""

    ending = False

    async def end(self) -> None:
        """No new connection, idle ones closed, running requests finished: also those whose bodies are on the way, which
        aiohttp's own end would throw away.
        """
        for site in self._runner.sites:
            await site.stop()
        self.ending = True
        server = self._runner.server
        assert server
        async with asyncio.timeout(ENGINE_GRACE):
            while server.connections:
                for connection in server.connections:
                    if connection._waiter and not connection._messages:  # between two requests
                        connection.force_close()
                await asyncio.sleep(0.005)
        await self.__aexit__()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            return await super()._answer(request)
        finally:
            if self.ending:
                request.protocol.close()  # after this answer


@dataclass
class Pods:
    """The replicas of one instance."""

    gateway: Gateway
    name: str
    conditions: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Of each address in the slice."""

    def __post_init__(self) -> None:
        (self.port,) = find_free_ports(1)
        self.running: list[Pod] = []
        self._addresses = (f"127.0.{block}.{last}" for block in itertools.count(1) for last in range(1, 250))

    async def start(self) -> None:
        """A pod that is there, and ready a moment later."""
        engine = await Pod(self.name, next(self._addresses), self.port).__aenter__()
        self._say(engine.address, ready=False, serving=False, terminating=False)
        await asyncio.sleep(TOLD)
        self._say(engine.address, ready=True, serving=True, terminating=False)
        self.running.append(engine)

    async def replace(self, *, pre_stop: float, surge: bool) -> None:
        """The oldest pod by a new one: before it goes, or after."""
        if surge:
            await self.start()
        await self.stop(pre_stop=pre_stop)
        if not surge:
            await self.start()

    async def stop(self, *, pre_stop: float) -> None:
        """The oldest pod: the slice tells of its end before the end."""
        engine = self.running.pop(0)
        self._say(engine.address, ready=False, serving=True, terminating=True)
        await asyncio.sleep(pre_stop)
        await engine.end()
        del self.conditions[engine.address]
        self._publish()

    async def stop_all(self) -> None:
        while self.running:
            await self.stop(pre_stop=0)

    def _say(self, address: str, **conditions: bool) -> None:
        self.conditions[address] = conditions
        self._publish()

    def _publish(self) -> None:
        self.gateway.put(self.build_slice())

    def build_slice(self) -> Manifest:
        """discovery.k8s.io/v1."""
        pods = [(address, self.port, conditions["ready"]) for address, conditions in self.conditions.items()]
        manifest = endpoint_slice(self.name, *pods)
        entries: list[dict[str, Any]] = manifest["endpoints"]
        for entry, conditions in zip(entries, self.conditions.values(), strict=True):
            entry["conditions"] = conditions
        return manifest
