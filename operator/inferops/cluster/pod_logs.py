"""What containers wrote: the log of a pod's engine, line by line, once or for as long as it is written."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from inferops.cluster.client import Client
from inferops.cluster.resources import RESOURCES
from inferops.errors import NotFound, Rejected
from inferops.names import ENGINE_CONTAINER, REGION_LABEL, Manifest

LONGEST_LINE = 16384
"""Bytes of a line; the rest of it is left out."""
BUFFER = 65536
"""Bytes read ahead: who reads slowly slows the API server down, not us."""
LONGEST_REST = 30 * 86400.0
"""Seconds in which a container may write nothing."""


@dataclass(frozen=True)
class LogQuery:
    """Which part of a log."""

    tail: int | None = None
    """The last lines only."""
    since: datetime | None = None
    """Not what was written before, by the second."""
    previous: bool = False
    """Of the container before the last restart."""
    follow: bool = False
    """Also what will be written."""

    def parameters(self) -> dict[str, str]:
        """As the API server reads them (core/v1 PodLogOptions)."""
        moment = f"{self.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if self.since else ""
        given = {
            "tailLines": "" if self.tail is None else str(self.tail),
            "sinceTime": moment,
            "previous": "true" if self.previous else "",
            "follow": "true" if self.follow else "",
        }
        fixed = {"container": ENGINE_CONTAINER, "timestamps": "true"}
        return fixed | {name: value for name, value in given.items() if value}


class LogEntry(NamedTuple):
    """One line."""

    time: datetime
    region: str
    """Name of the Region."""
    pod: str
    message: str


async def read_log(client: Client, pod: Manifest, wanted: LogQuery) -> AsyncGenerator[LogEntry, None]:
    """The lines of a pod, oldest first; none where its container has not begun. Raises ClusterError. Close it
    (contextlib.aclosing) when leaving early.
    """
    meta = pod["metadata"]
    region, path = (meta.get("labels") or {}).get(REGION_LABEL, ""), RESOURCES["Pod"].path
    stream = client.stream(
        "LOG",
        "Pod",
        path(meta["namespace"], meta["name"], "log"),
        wanted.parameters(),
        silence=LONGEST_REST,
        buffer=BUFFER,
    )
    try:
        async with stream as content:
            async for line in read_lines(content.iter_any()):
                if entry := parse_entry(line, region, meta["name"]):
                    yield entry
    except (NotFound, Rejected):  # the pod is gone, or has nothing to show yet
        return


async def read_lines(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Each line without its newline, cut to LONGEST_LINE."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line[:LONGEST_LINE]
        rest = rest[:LONGEST_LINE]
    if rest:
        yield rest


def parse_entry(line: bytes, region: str, pod: str) -> LogEntry | None:
    """One line of the API server, which begins with its time; None where it does not."""
    stamp, _, message = line.decode(errors="replace").partition(" ")
    try:
        return LogEntry(datetime.fromisoformat(stamp).astimezone(UTC), region, pod, message.rstrip("\r"))
    except ValueError:
        return None
