"""Writes: custom resources and the Secrets that they name, under a field manager of the API's own.

What the API server answers is in the stores before the caller hears of it, so a caller reads what it wrote.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from inferops.api.problems import Refusal, unknown
from inferops.api.translate.fields import Operation
from inferops.api.world import World, remember
from inferops.cluster.client import Client
from inferops.errors import ClusterError, Conflict, NotFound
from inferops.names import Manifest

MANAGER = "inferops-api"
PATIENCE = 10.0
"""Seconds that a caller waits for the API server."""
ATTEMPTS = 8
"""How often an object that others change at the same time is read anew."""
WORDS = {"InferenceInstance": "instance", "Registry": "registry", "ApiKey": "API key"}
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""What an object can be called at all: nothing else is asked for."""

Plan = Callable[[Manifest], list[Operation]]
"""What is to change of an object; it may raise Refusal."""


class Writer:
    """Of one process."""

    def __init__(self, client: Client, world: World) -> None:
        self._client = client
        self._world = world

    async def find(self, kind: str, namespace: str, name: str) -> Manifest:
        """An object of ours, as the watches last saw it; one that they have not seen may have come through another
        replica just now, so the API server is asked. Refuses with 404.
        """
        if (obj := self._world.stores[kind].get(namespace, name)) is not None:
            return obj
        if not NAME.fullmatch(name):
            raise unknown(WORDS[kind], name)
        try:
            async with patience():
                return self._world.take(await self._client.get(kind, namespace, name))
        except NotFound:
            raise unknown(WORDS[kind], name) from None

    async def create(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """A custom resource. Refuses with 409 where the name is taken. `dry_run`: it would be, and is not."""
        try:
            async with patience():
                made = await self._client.create(manifest, manager=MANAGER, dry_run=dry_run)
                return remember(made) if dry_run else self._world.take(made)
        except Conflict:
            name = manifest["metadata"]["name"]
            raise Refusal(409, f'There is already one named "{name}": choose another name.') from None

    async def change(self, kind: str, namespace: str, name: str, plan: Plan, *, dry_run: bool = False) -> Manifest:
        """The object with what `plan` finds to change; it is asked again when somebody else was faster. That nothing is
        to change, or nothing may, is judged by the API server's word: the watches may be a moment behind. `dry_run`: as
        it would be, and is not.
        """
        obj, newest = await self.find(kind, namespace, name), False
        try:
            async with patience():
                for _ in range(ATTEMPTS):
                    if operations := judge(plan, obj, newest=newest):
                        with suppress(Conflict):
                            made = await self._client.edit(obj, operations, manager=MANAGER, dry_run=dry_run)
                            return remember(made) if dry_run else self._world.take(made)
                    elif newest:
                        return obj
                    obj, newest = self._world.take(await self._client.get(kind, namespace, name)), True
        except NotFound:
            raise unknown(WORDS[kind], name) from None
        raise Refusal(409, f'Others change "{name}" without pause: try again.')

    async def delete(self, obj: Manifest) -> None:
        """A custom resource; what it owns goes with it."""
        meta = obj["metadata"]
        async with patience():
            await self._client.delete(obj["kind"], meta["namespace"], meta["name"], uid=meta["uid"])
        self._world.drop(obj)

    async def read(self, kind: str, namespace: str, name: str) -> Manifest:
        """An object of ours, as the API server has it. Refuses with 404."""
        await self.find(kind, namespace, name)
        try:
            async with patience():
                return self._world.take(await self._client.get(kind, namespace, name))
        except NotFound:
            raise unknown(WORDS[kind], name) from None

    async def create_secret(self, secret: Manifest) -> None:
        """A Secret, of which nothing is kept here."""
        async with patience():
            await self._client.create(secret, manager=MANAGER)

    async def fill_secret(self, secret: Manifest) -> None:
        """Its data into the Secret of that name, which is made where it is not there; null takes an entry out."""
        meta = secret["metadata"]
        try:
            async with patience():
                await self._client.patch("Secret", meta["namespace"], meta["name"], {"data": secret["data"]})
        except NotFound:
            data = {name: value for name, value in secret["data"].items() if value is not None}
            await self.create_secret({**secret, "data": data})

    async def delete_secret(self, namespace: str, name: str) -> None:
        """A Secret of ours; fine where there is none."""
        async with patience():
            await self._client.delete("Secret", namespace, name)


def judge(plan: Plan, obj: Manifest, *, newest: bool) -> list[Operation]:
    """What is to change. A refusal counts only of the newest state."""
    try:
        return plan(obj)
    except Refusal:
        if newest:
            raise
        return []


@asynccontextmanager
async def patience() -> AsyncIterator[None]:
    """Gives up after PATIENCE as if the API server were away."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except TimeoutError:
        raise ClusterError("the API server did not answer in time") from None
