"""Watches what users watch: the statuses of instances, by one stream of the API server."""

import asyncio
import time
from contextlib import aclosing
from typing import Self

from inferops.cluster.client import Client, Scope
from inferops.names import Manifest


class Statuses:
    """Which instances have a true status, and since when. Use as an async context manager."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._true: dict[tuple[str, str], float] = {}
        self._available: set[tuple[str, str]] = set()

    async def __aenter__(self) -> Self:
        _, version = await self._client.read_list("InferenceInstance", Scope())
        self._task = asyncio.create_task(self._watch(version))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def wait_true(self, count: int, within: float) -> float:
        """Until so many have a status of their present generation, with conditions; when the last one got it."""
        await self._wait(self._true, count, within)
        return max(self._true.values())

    async def wait_available(self, count: int, within: float) -> None:
        """Until so many say Available."""
        await self._wait(self._available, count, within)

    async def _wait(
        self, found: dict[tuple[str, str], float] | set[tuple[str, str]], count: int, within: float
    ) -> None:
        deadline = time.monotonic() + within
        while len(found) < count:
            if self._task.done():
                self._task.result()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(found)} of {count} instances after {within:.0f} s")
            await asyncio.sleep(0.02)

    async def _watch(self, version: str) -> None:
        while True:
            async with aclosing(self._client.watch("InferenceInstance", version, Scope())) as events:
                async for event in events:
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] != "BOOKMARK":
                        self._take(event["object"])

    def _take(self, obj: Manifest) -> None:
        metadata, status = obj["metadata"], obj.get("status") or {}
        name = metadata["namespace"], metadata["name"]
        if status.get("observedGeneration") != metadata["generation"] or not status.get("conditions"):
            return
        self._true.setdefault(name, time.monotonic())
        if any(each["type"] == "Available" and each["status"] == "True" for each in status["conditions"]):
            self._available.add(name)
