"""What Envoy's module has written (gateway/src/journal.rs), read by those who print, count and deliver it. Lines wait
in the files until they are acknowledged, and an acknowledgement is written into the file itself: a full volume has room
for it, and whoever reads after us goes on there.

Names are `<boot>-<number>.log` (segments.py) and `<boot>-<number>.slots` (flights.py), of an Envoy that lives as long
as its `<boot>.lock` is locked.
"""

import fcntl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from inferops.metering.flights import read_flights
from inferops.metering.segments import Segment

Position = tuple[tuple[str, int], ...]
"""Names of files, and how far each was read."""
LINES, FLIGHTS, LOCK = ".log", ".slots", ".lock"
MOST_OPEN = 256
"""Files at once; the others have their turn."""


@dataclass(frozen=True)
class Batch:
    """Whole lines, empty when there are none now; and what to acknowledge for them."""

    lines: bytes
    position: Position


class Journal:
    """A folder. `follow`: from now on, and what was before is for another reader, who acknowledges."""

    def __init__(self, folder: Path, *, follow: bool = False) -> None:
        self._folder, self._follow = folder, follow
        self._open: dict[str, Segment] = {}
        """By name: those of one Envoy in their order, and Envoys too."""
        self._done: set[str] = set()
        """Read wholly by us, and not to be opened again."""
        self._dead: set[str] = set()
        """Envoys that have ended."""
        self._find()
        if follow:
            for segment in self._open.values():
                segment.offset = segment.find_end()
            self._done |= {path.name for path in folder.glob(f"*{FLIGHTS}") if boot_of(path.name) in self._dead}

    def read(self, most: int = 1 << 20) -> Batch:
        """What came since the last time, of about `most` bytes. Raises OSError."""
        self._find()
        pieces: list[bytes] = []
        position: list[tuple[str, int]] = []
        for name, segment in list(self._open.items()):
            if lines := segment.read(most):
                pieces.append(lines)
                position.append((name, segment.offset))
                most -= len(lines)
            if segment.complete and self._follow:
                self._close(name)
            if most <= 0:
                return Batch(b"".join(pieces), tuple(position))
        for name in self._find_flights():
            pieces.append(self._read_flights(name))
            position.append((name, 0))
        return Batch(b"".join(pieces), tuple(position))

    def acknowledge(self, position: Position) -> None:
        """Of a batch: it need not be read again, and what is complete is deleted. Raises OSError."""
        for name, offset in position:
            if name.endswith(FLIGHTS):
                (self._folder / name).unlink(missing_ok=True)
            elif segment := self._open.get(name):
                segment.acknowledge(offset)
        for name, segment in list(self._open.items()):
            if segment.complete and segment.acknowledged == segment.offset:
                self._delete(name)
        for boot in sorted(self._dead):
            self._bury(boot)

    def pending(self) -> int:
        """Bytes that wait to be acknowledged; of files that have not had their turn, all."""
        self._find()
        waiting = [path for path in self._folder.glob(f"*{LINES}") if path.name not in self._done | set(self._open)]
        opened = sum(segment.find_end() - segment.acknowledged for segment in self._open.values())
        return opened + sum(path.stat().st_size for path in waiting)

    def bound(self, most: int) -> int:
        """Have the files take `most` bytes: the oldest that are complete go. Lines that were lost by that."""
        lost, excess = 0, sum(path.stat().st_size for path in self._folder.glob(f"*{LINES}")) - most
        for name, segment in list(self._open.items()):
            if excess <= 0:
                break
            if boot_of(name) in self._dead or segment.is_complete():
                lost += segment.count_waiting()
                self._delete(name)
                excess -= segment.size
        return lost

    def is_written(self) -> bool:
        """Whether an Envoy lives that may write here."""
        return any(self._lives(path.name.removesuffix(LOCK)) for path in self._folder.glob(f"*{LOCK}"))

    def _find(self) -> None:
        """New files, and those that another reader has deleted."""
        present = sorted(path.name for path in self._folder.glob("*.*"))
        self._done &= set(present)
        boots = {boot_of(name) for name in present if name.endswith((LINES, FLIGHTS))}
        self._dead = {boot for boot in boots if not self._lives(boot)}
        new = (name for name in present if name.endswith(LINES) and name not in self._done and name not in self._open)
        for name in list(new)[: MOST_OPEN - len(self._open)]:
            with suppress(FileNotFoundError):
                self._open[name] = Segment(self._folder / name)
        for name in set(self._open) - set(present):
            if not self._open[name].has_more():
                self._close(name)

    def _lives(self, boot: str) -> bool:
        """Whether an Envoy holds its lock."""
        try:
            with (self._folder / (boot + LOCK)).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _find_flights(self) -> list[str]:
        """Of Envoys that have ended, all of whose lines were read."""
        names = sorted(path.name for path in self._folder.glob(f"*{FLIGHTS}"))
        return [name for name in names if boot_of(name) in self._dead and name not in self._done]

    def _read_flights(self, name: str) -> bytes:
        """A line for each request that ran, but those whose line was the last that was written."""
        boot = boot_of(name)
        last = {read_id(segment.read_last()) for each, segment in self._open.items() if boot_of(each) == boot}
        self._done.add(name)
        lines = read_flights((self._folder / name).read_bytes())
        return b"".join(line + b"\n" for line in lines if read_id(line) not in last)

    def _bury(self, boot: str) -> None:
        """Delete what is left of an Envoy that has ended, when all was acknowledged."""
        left = {name: segment for name, segment in self._open.items() if boot_of(name) == boot}
        waits = any(each.has_more() or each.acknowledged < each.offset for each in left.values())
        if waits or any(self._folder.glob(f"{boot}-*{FLIGHTS}")):
            return
        for name in left:
            self._delete(name)
        if not any(self._folder.glob(f"{boot}-*{LINES}")):
            (self._folder / (boot + LOCK)).unlink(missing_ok=True)

    def _delete(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
        self._close(name)

    def _close(self, name: str) -> None:
        self._open.pop(name).close()
        self._done.add(name)


def boot_of(name: str) -> str:
    """The Envoy that a file is of."""
    return name.rpartition("-")[0]


def read_id(line: bytes) -> str:
    """Of a record; empty where there is none."""
    try:
        return str(orjson.loads(line).get("id") or "")
    except (ValueError, AttributeError):
        return ""
