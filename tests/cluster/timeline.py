"""Everything that happens to the pods and endpoints of an instance, in the order in which the API server tells it."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Self

from inferops.cluster.client import Client, Scope
from inferops.names import INSTANCE_LABEL, Manifest
from inferops.plan.conditions import find_condition
from inferops.plan.regions import is_alive, is_ending, is_ready


@dataclass(frozen=True)
class Moment:
    """How it was after one event."""

    alive: int
    """Pods that were not told to end."""
    ready: int
    ending: int
    starved: int
    """Pods for which no node has room."""
    pods: str
    """Each pod in a word, for whoever reads a failure."""


class Timeline:
    """Watches while the context lasts."""

    def __init__(self, client: Client, namespace: str, instance: str) -> None:
        self.moments: list[Moment] = []
        self.uids: set[str] = set()
        """Of all pods that ever were."""
        self.endpoints: dict[str, list[Manifest]] = {}
        """By address: each state (conditions) that the endpoint had."""
        self._pods: dict[str, Manifest] = {}
        self._begun = asyncio.Event()
        self._client = client
        self._scope = Scope(namespace, selector=f"{INSTANCE_LABEL}={instance}")

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._watch(kind)) for kind in ("Pod", "EndpointSlice")]
        await self._begun.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    def tell(self) -> str:
        """What happened, one line for each change."""
        return "\n".join(dict.fromkeys(moment.pods for moment in self.moments))

    async def _watch(self, kind: str) -> None:
        objects, version = await self._client.read_list(kind, self._scope)
        for obj in objects:
            self._take(kind, obj, gone=False)
        if kind == "Pod":
            self._note_moment()
            self._begun.set()
        async with aclosing(self._client.watch(kind, version, self._scope)) as events:
            async for event in events:
                if event["type"] in {"ADDED", "MODIFIED", "DELETED"}:
                    self._take(kind, event["object"], gone=event["type"] == "DELETED")
                if kind == "Pod":
                    self._note_moment()

    def _take(self, kind: str, obj: Manifest, *, gone: bool) -> None:
        if kind == "EndpointSlice":
            for endpoint in obj.get("endpoints") or []:
                self._note_endpoint(endpoint["addresses"][0], endpoint["conditions"])
            return
        uid = obj["metadata"]["uid"]
        self.uids.add(uid)
        self._pods[uid] = obj
        if gone:
            del self._pods[uid]

    def _note_moment(self) -> None:
        pods = list(self._pods.values())
        alive = [pod for pod in pods if is_alive(pod)]
        self.moments.append(
            Moment(
                alive=len(alive),
                ready=sum(is_ready(pod) for pod in alive),
                ending=sum(is_ending(pod) for pod in pods),
                starved=sum(is_starved(pod) for pod in alive),
                pods=" ".join(f"{pod['metadata']['name'][-5:]}:{word_of(pod)}" for pod in pods),
            )
        )

    def _note_endpoint(self, address: str, conditions: Manifest) -> None:
        states = self.endpoints.setdefault(address, [])
        if not states or states[-1] != conditions:
            states.append(conditions)


def word_of(pod: Manifest) -> str:
    """Where the pod is in its life."""
    if is_ending(pod):
        return "ending"
    return "ready" if is_ready(pod) else str(pod["status"].get("phase"))


def is_starved(pod: Manifest) -> bool:
    """Whether the scheduler found no node for it."""
    scheduled = find_condition(pod, "PodScheduled")
    return scheduled is not None and scheduled.get("reason") == "Unschedulable"
