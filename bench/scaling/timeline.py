"""When the Deployments of a namespace were scaled and how their pods came, by two watches."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple, Self

from inferops.cluster.client import Client
from inferops.cluster.reflector import Reflector
from inferops.cluster.store import Store
from inferops.names import Manifest
from tests.support.eventually import eventually

LOOK = 0.02
"""Seconds between looks at what the watches noted; the times are theirs."""
CREATED, SCHEDULED, STARTED, READY = "created", "scheduled", "started", "ready"


class Start(NamedTuple):
    """When the watch first told of each step of a pod."""

    created: float
    scheduled: float
    started: float
    """All its containers run."""
    ready: float
    address: str
    """IP of the pod."""


class Timeline:
    """By name of Deployment; times of time.monotonic(). Use as an async context manager."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.replicas: dict[str, int] = {}
        self.scaled: dict[str, float] = {}
        """When `spec.replicas` last became another number."""
        self._steps: dict[str, dict[str, float]] = {}
        """By pod: when it was first seen so far."""
        self._addresses: dict[str, str] = {}
        self._pods = Store()
        self._reflectors = [
            Reflector(client, "Deployment", Store(), self._note_deployment, namespace=namespace),
            Reflector(client, "Pod", self._pods, self._note_pod, namespace=namespace),
        ]

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(reflector.run()) for reflector in self._reflectors]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def count_pods(self) -> int:
        """How many there are, those that end included."""
        return len(self._pods.names())

    async def wait_scaled(self, deployment: str, replicas: int, within: float) -> float:
        """When it had this number, once it has."""
        await eventually(lambda: self.replicas.get(deployment) == replicas, within=within, interval=LOOK)
        return self.scaled[deployment]

    async def wait_ready(self, deployment: str, since: float, within: float) -> Start:
        """How a pod of it that came after `since` became ready, once one did."""
        found = await eventually(lambda: list(self.find_ready(deployment, since)), within=within, interval=LOOK)
        return min(found, key=lambda start: start.ready)

    def find_ready(self, deployment: str, since: float) -> Iterator[Start]:
        """Its pods that came after `since` and are or were ready."""
        for pod, steps in self._steps.items():
            if pod.rsplit("-", 2)[0] == deployment and steps[CREATED] > since and READY in steps:
                created, ready = steps[CREATED], steps[READY]
                between = steps.get(SCHEDULED, ready), steps.get(STARTED, ready)
                yield Start(created, *between, ready, self._addresses[pod])

    def _note_deployment(self, obj: Manifest) -> None:
        name, replicas = obj["metadata"]["name"], obj["spec"].get("replicas", 1)
        if self.replicas.get(name) != replicas:
            self.replicas[name], self.scaled[name] = replicas, time.monotonic()

    def _note_pod(self, obj: Manifest) -> None:
        name, status = obj["metadata"]["name"], obj.get("status", {})
        self._addresses[name] = status.get("podIP", "")
        steps = self._steps.setdefault(name, {})
        for step in find_steps(status):
            steps.setdefault(step, time.monotonic())


def find_steps(status: Manifest) -> Iterator[str]:
    """How far a pod is."""
    yield CREATED
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or []}
    if conditions.get("PodScheduled") == "True":
        yield SCHEDULED
    containers = status.get("containerStatuses") or []
    if containers and all("running" in each["state"] for each in containers):
        yield STARTED
    if conditions.get("Ready") == "True":
        yield READY
