"""Ports for servers that tests start."""

import fcntl
import socket
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path

FIRST, BLOCKS, BLOCK = 10_000, 44, 500
"""Below 32768, from where the kernel gives outgoing connections ports: it may take one before its server listens."""
_locks: list[object] = []
"""Open for as long as this process lives."""


def find_free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nobody listens, and which no other process of tests is given: Envoys share a port
    without a word.
    """
    return list(islice(filter(_is_free, _claim_block()), count))


@cache
def _claim_block() -> Iterator[int]:
    """Some for this process alone, for as long as it lives; each is given again as late as can be."""
    folder = Path(tempfile.gettempdir(), "inferops-test-ports")
    folder.mkdir(exist_ok=True)
    for number in range(BLOCKS):
        lock = (folder / str(number)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _locks.append(lock)
        return cycle(range(FIRST + number * BLOCK, FIRST + (number + 1) * BLOCK))
    raise RuntimeError(f"{BLOCKS} processes of tests have all ports: {folder}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
