"""A namespace of the cluster that is in force: instances in it, requests to them, and when what happened."""

import asyncio
import base64
import os
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from bench.scaling.timeline import Timeline
from dev.target import Target, read_target
from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.errors import NotFound
from inferops.names import Manifest, region_name
from tests.e2e.world import GATEWAY, install_catalog, resource
from tests.support.eventually import eventually

KEY = "bench"
REGION = "default"
ANSWER_SECONDS, GOING_SECONDS = 600, 120
LOOK_PER_INSTANCE = 0.005
"""Seconds between looks at all of them, each: a look costs both cores."""
CREATORS = 16
"""Requests at once of the one who creates many objects."""
SLEEPING = {"min": 0, "max": 1, "triggers": {"http": {"rate": 10, "window": 60}}}


class Answer(NamedTuple):
    """Of one request; times of time.monotonic()."""

    status: int
    """Of HTTP; 0: none came."""
    asked: float
    answered: float
    text: str


@dataclass
class Place:
    """Use `open_place`."""

    target: Target
    client: Client
    namespace: str
    http: httpx.AsyncClient
    timeline: Timeline
    hosts: dict[str, str] = field(default_factory=dict)
    """By instance, once it sleeps."""

    def deployment(self, name: str) -> str:
        """Of an instance."""
        return region_name(self.namespace, name, REGION)

    async def ask(self, name: str, model: str) -> Answer:
        """One short completion of an instance, as a user who never tries again."""
        body = build_question(model)
        asked = time.monotonic()
        try:
            answer = await self.http.post("/v1/chat/completions", json=body, headers={"host": self.hosts[name]})
        except httpx.HTTPError as error:
            return Answer(0, asked, time.monotonic(), repr(error))
        return Answer(answer.status_code, asked, time.monotonic(), answer.text)

    async def create(self, manifests: Iterable[Manifest]) -> None:
        """All of them, several at a time."""
        waiting = iter(manifests)

        async def create() -> None:
            for manifest in waiting:
                await self.client.create(manifest | {"metadata": manifest["metadata"] | {"namespace": self.namespace}})

        async with asyncio.TaskGroup() as group:
            for _ in range(CREATORS):
                group.create_task(create())

    async def wait_asleep(self, count: int, within: float = 120) -> None:
        """Until so many instances are at zero, with an autoscaler that listens: only then a wake is KEDA's."""

        async def settled() -> bool:
            instances = await self.client.list("InferenceInstance", namespace=self.namespace)
            statuses = {each["metadata"]["name"]: each.get("status", {}) for each in instances}
            pending = {name: each for name, each in statuses.items() if each.get("phase") == "PENDING"}
            scaled = await self.client.list("ScaledObject", namespace=self.namespace)
            ready = sum(is_ready(each) for each in scaled)
            if (len(pending), ready) != (count, count):
                raise AssertionError(f"{len(pending)} sleep and {ready} are scaled by KEDA, not {count}")
            self.hosts = {name: urlsplit(each["address"]).netloc for name, each in pending.items()}
            return True

        await eventually(settled, within=within, interval=max(1.0, count * LOOK_PER_INSTANCE))

    async def scale(self, deployment: str, replicas: int) -> float:
        """What `kubectl scale` asks for, without the start of kubectl; when it was asked."""
        asked = time.monotonic()
        body = {"spec": {"replicas": replicas}}
        await self.client.patch("Deployment", self.namespace, deployment, body, subresource="scale")
        return asked


@asynccontextmanager
async def open_place() -> AsyncIterator[Place]:
    """A fresh namespace with an ApiKey; it goes with the context, and what comes next does not see it go."""
    target = read_target()
    os.environ["KUBECONFIG"] = target.env["KUBECONFIG"]
    install_catalog(target)
    namespace = f"bench-{uuid.uuid4().hex[:6]}"
    target.kubectl("create", "namespace", namespace)
    limits = httpx.Limits(max_connections=None)
    try:
        async with (
            Client(read_connection(target.context)) as client,
            httpx.AsyncClient(base_url=GATEWAY, timeout=ANSWER_SECONDS, limits=limits) as http,
            Timeline(client, namespace) as timeline,
        ):
            place = Place(target, client, namespace, http, timeline)
            await place.create([resource("ApiKey", KEY)])
            http.headers["x-api-key"] = await eventually(lambda: read_key(place), within=30)
            yield place
    finally:
        target.kubectl("delete", "namespace", namespace, f"--timeout={GOING_SECONDS}s", check=False)


async def read_key(place: Place) -> str:
    """The secret of the ApiKey; empty while the operator has not made it."""
    with suppress(NotFound):
        secret = await place.client.get("Secret", place.namespace, KEY)
        return base64.b64decode(secret["data"]["apiKey"]).decode()
    return ""


def build_question(model: str) -> Manifest:
    """One short completion."""
    return {"model": model, "messages": [{"role": "user", "content": "hello"}], "max_tokens": 8}


def build_instance(name: str, model: str, **spec: object) -> Manifest:
    """An instance at zero."""
    regions = [{"region": REGION, "scale": SLEEPING}]
    return resource("InferenceInstance", name, **({"model": model, "apiKeys": [KEY], "regions": regions} | spec))


def is_ready(obj: Manifest) -> bool:
    """Whether its condition Ready is true."""
    conditions = (obj.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
