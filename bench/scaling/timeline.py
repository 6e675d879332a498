"""When the Deployments of a namespace were scaled and their pods became ready, by two watches."""

import asyncio
import time
from contextlib import suppress
from typing import Self

from inferops.cluster.client import Client
from inferops.cluster.reflector import Reflector
from inferops.cluster.store import Store
from inferops.names import Manifest
from tests.support.eventually import eventually

LOOK = 0.02
"""Seconds between looks at what the watches noted; the times are theirs."""


class Timeline:
    """By name of Deployment; times of time.monotonic(). Use as an async context manager."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.replicas: dict[str, int] = {}
        self.scaled: dict[str, float] = {}
        """When `spec.replicas` last became another number."""
        self._ready: dict[str, float] = {}
        """By pod: when it was first seen ready."""
        self._reflectors = [
            Reflector(client, "Deployment", Store(), self._note_deployment, namespace=namespace),
            Reflector(client, "Pod", Store(), self._note_pod, namespace=namespace),
        ]

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(reflector.run()) for reflector in self._reflectors]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def wait_scaled(self, deployment: str, replicas: int, within: float) -> float:
        """When it had this number, once it has."""
        await eventually(lambda: self.replicas.get(deployment) == replicas, within=within, interval=LOOK)
        return self.scaled[deployment]

    async def wait_ready(self, deployment: str, since: float, within: float) -> float:
        """When a pod of it became ready after `since`, once one did."""
        return await eventually(lambda: self.find_ready(deployment, since), within=within, interval=LOOK)

    def find_ready(self, deployment: str, since: float) -> float:
        """The first such moment; 0 while there is none."""
        moments = (at for pod, at in self._ready.items() if pod.rsplit("-", 2)[0] == deployment and at > since)
        return min(moments, default=0.0)

    def _note_deployment(self, obj: Manifest) -> None:
        name, replicas = obj["metadata"]["name"], obj["spec"].get("replicas", 1)
        if self.replicas.get(name) != replicas:
            self.replicas[name], self.scaled[name] = replicas, time.monotonic()

    def _note_pod(self, obj: Manifest) -> None:
        conditions = obj.get("status", {}).get("conditions") or []
        if any(each["type"] == "Ready" and each["status"] == "True" for each in conditions):
            self._ready.setdefault(obj["metadata"]["name"], time.monotonic())
