"""Pods of instances as a watch tells of them -> when each had its hardware. Of a pod next to nothing is kept."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from inferops.cluster.store import Name, name_of
from inferops.metering.ledger.moments import read_moment
from inferops.names import INSTANCE_LABEL, MANAGED_SELECTOR, REGION_LABEL, Manifest, instance_id

SELECTOR = f"{MANAGED_SELECTOR},{INSTANCE_LABEL},{REGION_LABEL},app.kubernetes.io/component=engine"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A pod that a node has, or had."""

    uid: str
    namespace: str
    name: str
    """Of its instance."""
    region: str
    started: int
    ended: int | None

    @property
    def instance(self) -> str:
        """Id of its instance."""
        return instance_id(self.namespace, self.name)


class Pods:
    """What a Reflector fills, as a Store. `clock` tells milliseconds since 1970."""

    def __init__(self, clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self.served = True
        self.news: dict[str, Sighting] = {}
        """By uid: what nobody has written down yet."""
        self._clock = clock
        self._live: dict[Name, Sighting | None] = {}

    def put(self, obj: Manifest) -> bool:
        """Whether a node took it, or it ended."""
        name, seen = name_of(obj), read_sighting(obj)
        before = self._live.get(name)
        if before and (seen is None or before.uid != seen.uid):
            self._note(replace(before, ended=before.ended or self._clock()))
        self._live[name] = seen
        if seen is None or seen == before:
            return False
        self._note(seen)
        return True

    def drop(self, namespace: str, name: str, deleted: Manifest | None = None) -> None:
        """It ended when its containers did, as far as its last state says, else now."""
        before = self._live.pop((namespace, name), None)
        seen = (read_sighting(deleted, gone=True) if deleted else None) or before
        if seen:
            self._note(replace(seen, ended=seen.ended or self._clock()))

    def retain(self, listed: Collection[Name], version: str, namespace: str = "") -> list[Manifest]:
        """Those that went while nobody heard: the database knows when they were last seen."""
        del version
        for name in [each for each in self._live if each not in listed and namespace in ("", each[0])]:
            self._live.pop(name)
        return []

    def uids(self) -> list[str]:
        """Of all that are there and have not ended."""
        return [seen.uid for seen in self._live.values() if seen and seen.ended is None]

    def take_news(self) -> list[Sighting]:
        """They are the caller's affair now."""
        news, self.news = self.news, {}
        return list(news.values())

    def put_back(self, news: list[Sighting]) -> None:
        """They could not be written; what came since is newer."""
        self.news = {seen.uid: seen for seen in news} | self.news

    def _note(self, seen: Sighting) -> None:
        self.news[seen.uid] = seen


def read_sighting(obj: Manifest, *, gone: bool = False) -> Sighting | None:
    """None while no node has it. `gone`: its state is its last one."""
    meta, status = obj["metadata"], obj.get("status") or {}
    started = read_start(status)
    if started is None:
        return None
    labels = meta["labels"]
    ended = read_end(status) if gone or status.get("phase") in ("Succeeded", "Failed") else None
    return Sighting(
        meta["uid"],
        meta["namespace"],
        labels[INSTANCE_LABEL],
        labels[REGION_LABEL],
        started,
        None if ended is None else max(ended, started),
    )


def read_start(status: Manifest) -> int | None:
    """When a node was found for it: from then on nobody else can have its GPUs."""
    scheduled = (each for each in status.get("conditions") or [] if each["type"] == "PodScheduled")
    found = next((each.get("lastTransitionTime") for each in scheduled if each["status"] == "True"), None)
    return read_moment(found or status.get("startTime"))


def read_end(status: Manifest) -> int | None:
    """When its last container ended; None where one of them did not, as far as its kubelet told."""
    states = [(each.get("state") or {}).get("terminated") for each in status.get("containerStatuses") or []]
    if states and all(states):
        return max((read_moment(each.get("finishedAt")) or 0 for each in states if each), default=0) or None
    if status.get("phase") not in ("Succeeded", "Failed"):
        return None
    changes = (read_moment(each.get("lastTransitionTime")) for each in status.get("conditions") or [])
    return max(filter(None, changes), default=None)
