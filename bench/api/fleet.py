"""Instances as a running installation has them: with the status that the operator writes, of about 3 KB."""

import asyncio
import secrets
from collections.abc import Callable

from bench.operator.fleet import CREATORS, build
from inferops.cluster.client import Client
from inferops.names import STATUS_MANAGER, Manifest
from inferops.plan.apikey import build_hash_secret, build_key, hash_key
from inferops.specs.key_hashes import KeyHashes

SCALE = {"min": 1, "max": 4, "cooldownPeriod": 300, "triggers": {"http": {"rate": 10, "window": 60}}}
SINCE = "2026-01-01T00:00:00Z"
CONDITIONS = ("Accepted", "Progressing", "Available", "Scalable", "Routable")


async def make_manager(client: Client, namespace: str) -> str:
    """A key with scope manage, whose hash is written as the operator does it."""
    obj = await client.create(build("ApiKey", "manager", {"scopes": ["manage"]}, namespace))
    key = build_key(secrets.token_bytes(32))
    await client.create(build_hash_secret(obj, KeyHashes(hash_key(key))))
    return key


async def create_fleet(client: Client, count: int, namespace_of: Callable[[int], str], prefix: str) -> None:
    """So many instances."""
    bound = asyncio.Semaphore(CREATORS)

    async def create(number: int) -> None:
        async with bound:
            obj = await client.create(build_running(f"{prefix}-{number:05}", namespace_of(number)))
            await client.apply(build_status(obj), manager=STATUS_MANAGER, subresource="status")

    await asyncio.gather(*map(create, range(count)))


def build_running(name: str, namespace: str) -> Manifest:
    """An instance of one region."""
    spec: Manifest = {
        "model": "chat-8b",
        "description": "What a team says of its instance.",
        "env": [{"name": "VLLM_LOGGING_LEVEL", "value": "WARNING"}],
        "apiKeys": ["app"],
        "regions": [{"region": "eu", "scale": SCALE}],
    }
    return build("InferenceInstance", name, spec, namespace)


def build_status(obj: Manifest) -> Manifest:
    """As the operator would write it."""
    meta = obj["metadata"]
    status = {
        "phase": "ACTIVE",
        "address": f"https://{meta['name']}-0a1b2c3d.inferops.test/",
        "id": f"{meta['name']}-0a1b2c3d",
        "model": "chat-8b",
        "features": ["chat", "completion"],
        "hourlyPrice": "6.00",
        "currency": "USD",
        "ready": "1/1",
        "regions": [{"region": "eu", "replicas": {"ready": 1, "total": 1}}],
        "observedGeneration": 1,
        "conditions": [
            {
                "type": name,
                "status": "True",
                "reason": "AsExpected",
                "message": "Everything is as it should be, and nothing need be done about it.",
                "lastTransitionTime": SINCE,
                "observedGeneration": 1,
            }
            for name in CONDITIONS
        ],
        "readySince": SINCE,
    }
    identity = {"name": meta["name"], "namespace": meta["namespace"]}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": identity, "status": status}
