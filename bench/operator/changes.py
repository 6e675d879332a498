"""A user changes one instance of many: how long until its Deployment is patched."""

import asyncio
import time
from contextlib import aclosing

from bench.operator.fleet import build_instance
from inferops.cluster.client import Client, Scope
from inferops.names import region_name

WITHIN = 10.0
PAUSE = 0.05
"""Seconds between changes."""


async def measure_changes(client: Client, count: int, changes: int) -> list[float]:
    """Seconds from the API server's answer to the user till its news of the Deployment, in order of size."""
    _, version = await client.read_list("Deployment", Scope(field_selector="metadata.name=none"))
    patched: dict[str, asyncio.Future[float]] = {}

    async def watch() -> None:
        async with aclosing(client.watch("Deployment", version, Scope())) as events:
            async for event in events:
                waiting = patched.pop(event["object"]["metadata"].get("name", ""), None)
                if waiting and event["type"] == "MODIFIED":
                    waiting.set_result(time.monotonic())

    watching = asyncio.create_task(watch())
    delays = []
    for number in range(0, count, max(1, count // changes))[:changes]:
        metadata = build_instance(number)["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        news = patched[region_name(namespace, name, "eu")] = asyncio.get_running_loop().create_future()
        change = {"spec": {"env": [{"name": "CHANGED", "value": str(time.time())}]}}
        await client.patch("InferenceInstance", namespace, name, change)
        answered = time.monotonic()
        async with asyncio.timeout(WITHIN):
            delays.append(max(0.0, await news - answered))
        await asyncio.sleep(PAUSE)
    watching.cancel()
    return sorted(delays)
