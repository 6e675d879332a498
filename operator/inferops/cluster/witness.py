"""Reads that only a failure needs, on demand and remembered for a while: events, claims, how full nodes are.

A watch of all events would cost most where nothing is wrong: in a cluster of 10,000 instances it hears of every pod of
everybody, and its first list alone is larger than all that the operator keeps. These reads happen only while something
does not answer, once in a while for each namespace or node however many ask, and their failure costs a sentence, not a
reconcile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from decimal import Decimal
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from inferops.cluster.client import Client
from inferops.errors import ClusterError, NotFound
from inferops.names import Manifest
from inferops.plan.conditions import last_seen
from inferops.plan.diagnosis.requests import sum_requests

logger = logging.getLogger(__name__)

EVENTS_SECONDS, USE_SECONDS, CLAIM_SECONDS = 15.0, 30.0, 15.0
"""How long an answer holds."""
LONGEST = 5.0
"""Seconds for one read: a status does not wait longer for a better sentence."""
AT_ONCE = 4
"""Reads at the same time, however many instances are broken."""
MOST = 20
"""Events kept about one object: the newest."""
SPEAKERS = {"Pod", "PersistentVolumeClaim", "ScaledObject"}
"""Kinds that are asked about."""
UNWANTED = ",".join(
    f"involvedObject.kind!={kind}"
    for kind in ("HorizontalPodAutoscaler", "ReplicaSet", "Deployment", "Node", "InferenceInstance", "Job", "CronJob")
)
"""Kinds that nobody asks about, and whose events are many: the API server leaves them out."""
ENDED = "status.phase!=Succeeded,status.phase!=Failed"

T = TypeVar("T")


class Witness:
    """Answers are those of the API server, at most a few seconds old."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._events: Memory[dict[str, list[Manifest]]] = Memory(EVENTS_SECONDS)
        self._uses: Memory[Mapping[str, Decimal]] = Memory(USE_SECONDS)
        self._claims: Memory[Manifest | None] = Memory(CLAIM_SECONDS)

    async def read_events(self, namespace: str) -> Mapping[str, list[Manifest]]:
        """Events of the namespace by the uid of their object, the newest last."""
        return await self._events.recall(namespace, lambda: self._list_events(namespace)) or {}

    async def read_use(self, nodes: Collection[str]) -> dict[str, Mapping[str, Decimal]]:
        """What the pods of each node ask for; nodes that cannot be asked are left out."""
        answers = await asyncio.gather(*(self._uses.recall(node, self._reader(node)) for node in nodes))
        return {node: use for node, use in zip(nodes, answers, strict=True) if use is not None}

    async def read_claims(self, namespace: str, names: Collection[str]) -> dict[str, Manifest]:
        """Those of the claims that exist."""
        keys = [f"{namespace}/{name}" for name in names]
        found = await asyncio.gather(*(self._claims.recall(key, self._claim_reader(key)) for key in keys))
        return {claim["metadata"]["name"]: claim for claim in found if claim}

    async def _list_events(self, namespace: str) -> dict[str, list[Manifest]]:
        listed = await self._client.list("Event", namespace=namespace, field_selector=UNWANTED)
        told: dict[str, list[Manifest]] = {}
        for event in sorted(listed, key=last_seen):
            if event["involvedObject"].get("kind") not in SPEAKERS:
                continue
            kept = {"reason": event.get("reason", ""), "message": event.get("message", ""), "at": last_seen(event)}
            told.setdefault(event["involvedObject"].get("uid", ""), []).append(kept)
        return {uid: events[-MOST:] for uid, events in told.items()}

    def _reader(self, node: str) -> Callable[[], Awaitable[Mapping[str, Decimal]]]:
        async def read() -> Mapping[str, Decimal]:
            return sum_requests(await self._client.list("Pod", field_selector=f"spec.nodeName={node},{ENDED}"))

        return read

    def _claim_reader(self, key: str) -> Callable[[], Awaitable[Manifest | None]]:
        async def read() -> Manifest | None:
            try:
                return await self._client.get("PersistentVolumeClaim", *key.split("/"))
            except NotFound:
                return None

        return read


class Memory(Generic[T]):
    """Answers by key, each forgotten after some seconds, and read by one at a time; None where a read failed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._answers: dict[str, T | None] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def recall(self, key: str, read: Callable[[], Awaitable[T]]) -> T | None:
        """The answer, from memory where there is one."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            if key not in self._answers:
                async with self._room:
                    self._answers[key] = await self._read(key, read)
                asyncio.get_running_loop().call_later(self._seconds, self._answers.pop, key, None)
            return self._answers[key]

    async def _read(self, key: str, read: Callable[[], Awaitable[T]]) -> T | None:
        try:
            async with asyncio.timeout(LONGEST):
                return await read()
        except (ClusterError, TimeoutError) as error:
            logger.info("no evidence", extra={"of": key, "error": str(error) or "no answer in time"})
            return None
