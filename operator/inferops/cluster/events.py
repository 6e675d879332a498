"""Kubernetes Events about our own objects: best effort, beside the reconciles, and never a storm.

The rules are those of client-go's EventCorrelator: the same event within an hour counts up instead of being made anew,
and each object has a bucket of 25 that one more enters every 5 minutes. The name of an Event is made from what it says,
so that another replica counts on where the last one stopped.
"""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import NamedTuple

from inferops.cluster.client import Client
from inferops.cluster.store import name_of
from inferops.errors import ClusterError, Conflict, NotFound
from inferops.names import OPERATOR, Manifest
from inferops.plan.announcements import Announcement
from inferops.plan.conditions import timestamp

logger = logging.getLogger(__name__)

BURST, REFILL_SECONDS = 25, 300.0
REMEMBERED = 4096
"""Objects whose buckets are remembered."""
WAITING = 1000
"""Events that may wait to be written; what comes on top is lost."""
LONGEST_MESSAGE = 1024
"""Of an Event (core/v1)."""


class Entry(NamedTuple):
    """What is to be told, of whom and since when."""

    obj: Manifest
    announcement: Announcement
    at: datetime


class Recorder:
    """`record()` never waits and never fails; `run()` writes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._entries: asyncio.Queue[Entry] = asyncio.Queue(WAITING)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def record(self, obj: Manifest, announcement: Announcement) -> None:
        """Tell of `obj` that this happened now."""
        if not self._take(obj["metadata"].get("uid", "")) or self._entries.full():
            logger.debug("event left out", extra={"object": "/".join(name_of(obj)), "reason": announcement.reason})
            return
        self._entries.put_nowait(Entry(obj, announcement, datetime.now(UTC)))

    async def run(self) -> None:
        """For ever."""
        while True:
            entry = await self._entries.get()
            try:
                await self._write(entry)
            except ClusterError as error:
                logger.info("event not written", extra={"reason": entry.announcement.reason, "error": str(error)})

    async def _write(self, entry: Entry) -> None:
        """Make the Event, or count up the one that says the same: it ends an hour after it was last written."""
        event = build_event(entry)
        try:
            await self._client.create(event)
        except NotFound:
            return  # the namespace goes
        except Conflict:
            namespace, name = name_of(event)
            live = await self._client.get("Event", namespace, name)
            again = {"count": int(live.get("count") or 1) + 1, "lastTimestamp": event["lastTimestamp"]}
            await self._client.patch("Event", namespace, name, again)

    def _take(self, uid: str) -> bool:
        """Whether the object's bucket has one left."""
        now = time.monotonic()
        left, at = self._buckets.pop(uid, (float(BURST), now))
        left = min(left + (now - at) / REFILL_SECONDS, float(BURST))
        self._buckets[uid] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return left >= 1


def build_event(entry: Entry) -> Manifest:
    """The Event (core/v1)."""
    obj, told = entry.obj, entry.announcement
    meta, at = obj["metadata"], timestamp(entry.at)
    said = "\0".join((meta.get("uid", ""), told.type, told.reason, told.message))
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    reference = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "namespace": meta["namespace"]}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name']}.{digest}", "namespace": meta["namespace"]},
        "involvedObject": reference | {"name": meta["name"], "uid": meta.get("uid", "")},
        "type": told.type,
        "reason": told.reason,
        "message": told.message[:LONGEST_MESSAGE],
        "source": {"component": OPERATOR},
        "reportingComponent": OPERATOR,
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
