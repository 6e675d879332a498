"""Logs of an instance's pods: what there is, in the order of time; or whatever they write, as they write it.

A follower hears of pods that come later. Nothing is kept for a slow one: while it does not read, neither do we.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime

from inferops.cluster.client import Client, Scope
from inferops.cluster.pod_logs import LogEntry, LogQuery, read_log
from inferops.cluster.reflector import Reflector
from inferops.cluster.store import Store
from inferops.errors import ClusterError
from inferops.names import ENGINE_CONTAINER, Manifest

logger = logging.getLogger(__name__)

MOST_PODS = 50
"""Pods that one request reads; which of more is chance."""
LARGEST = 4 << 20
"""Characters of all pods together that one request keeps of what there is."""
AT_ONCE = 8
"""Of one request, when it reads what there is."""
WAITING = 100
"""Lines of one follower that wait to be sent."""
RETRY_SECONDS = 1.0

Wanted = Callable[[Manifest], bool]
"""Which pods."""


async def collect(client: Client, pods: list[Manifest], query: LogQuery) -> list[LogEntry]:
    """The lines of all pods by time; `query.tail` is of all together. Of a pod whose lines are long, the newest."""
    room = asyncio.Semaphore(AT_ONCE)
    asked = pods[:MOST_PODS]

    async def read(pod: Manifest) -> list[LogEntry]:
        async with room, aclosing(read_log(client, pod, query)) as entries:
            return await keep_newest(entries, LARGEST // len(asked))

    logs = await asyncio.gather(*(read(pod) for pod in asked), return_exceptions=True)
    errors = [log for log in logs if isinstance(log, BaseException)]
    for error in errors:
        if not isinstance(error, ClusterError) or len(errors) == len(logs):
            raise error  # one node that does not answer keeps no other from answering
    found = (entry for log in logs if not isinstance(log, BaseException) for entry in log)
    lines = sorted(found, key=lambda entry: entry.time)
    return lines if query.tail is None else lines[len(lines) - query.tail :] if query.tail < len(lines) else lines


async def keep_newest(entries: AsyncIterator[LogEntry], most: int) -> list[LogEntry]:
    """The last ones, of `most` characters; the very last in any case."""
    kept, size = deque[LogEntry](), 0
    async for entry in entries:
        kept.append(entry)
        size += len(entry.message)
        while size > most and len(kept) > 1:
            size -= len(kept.popleft().message)
    return list(kept)


class Follower:
    """Reads the logs of all pods in `scope` that are `wanted`, until it is left."""

    def __init__(self, client: Client, scope: Scope, wanted: Wanted, query: LogQuery) -> None:
        self._client = client
        self._wanted = wanted
        self._query = replace(query, follow=True)
        self._lines: asyncio.Queue[LogEntry] = asyncio.Queue(WAITING)
        self._pods = Store()
        self._readers: dict[str, asyncio.Task[None]] = {}
        """By id of the container: one that is started again has another."""
        self._reflector = Reflector(
            client, "Pod", self._pods, self._notice, selector=scope.selector, namespace=scope.namespace
        )

    @asynccontextmanager
    async def run(self) -> AsyncIterator["Follower"]:
        """Read while the context lasts."""
        watch = asyncio.create_task(self._reflector.run())
        try:
            yield self
        finally:
            tasks = [watch, *self._readers.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def next_line(self, within: float) -> LogEntry | None:
        """The next line; None where there is none within so many seconds."""
        try:
            async with asyncio.timeout(within):
                return await self._lines.get()
        except TimeoutError:
            return None

    def _notice(self, pod: Manifest) -> None:
        container = find_container(pod)
        active = sum(not task.done() for task in self._readers.values())
        if not container or container in self._readers or not self._wanted(pod) or active >= MOST_PODS:
            return
        late = self._reflector.synced.is_set()
        query = replace(self._query, tail=None, since=None) if late else self._query
        self._readers[container] = asyncio.create_task(self._read(pod, container, query))

    async def _read(self, pod: Manifest, container: str, query: LogQuery) -> None:
        """One container's log until its end, begun anew where the API server breaks off."""
        seen: datetime | None = None
        while True:
            try:
                async with aclosing(read_log(self._client, pod, query)) as entries:
                    async for entry in fresh(entries, seen):
                        await self._lines.put(entry)
                        seen = entry.time
            except ClusterError as error:
                logger.info("log broke", extra={"pod": pod["metadata"]["name"], "error": str(error)})
            if not self._is_there(pod, container):
                return
            await asyncio.sleep(RETRY_SECONDS)
            query = replace(query, tail=None, since=seen or query.since) if seen else query

    def _is_there(self, pod: Manifest, container: str) -> bool:
        """Whether the container may still write."""
        live = self._pods.get(pod["metadata"]["namespace"], pod["metadata"]["name"])
        return live is not None and find_container(live, running=True) == container


async def fresh(entries: AsyncGenerator[LogEntry, None], seen: datetime | None) -> AsyncIterator[LogEntry]:
    """Without the lines that were there before a log broke: it is asked for again by the second."""
    async for entry in entries:
        if seen is None or entry.time > seen:
            yield entry


def find_container(pod: Manifest, *, running: bool = False) -> str:
    """Id of the engine's newest container; empty where none has begun, or it no longer runs and should be `running`."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    status: Manifest = next((each for each in statuses if each["name"] == ENGINE_CONTAINER), {})
    if running and "running" not in (status.get("state") or {}):
        return ""
    return str(status.get("containerID") or "")
