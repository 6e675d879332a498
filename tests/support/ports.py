"""Ports for servers that tests start."""

import random
import socket

BELOW_EPHEMERAL = range(10_000, 32_000)
"""The kernel gives outgoing connections ports from 32768 on: one of those may be taken before its server listens."""

_given: set[int] = set()


def find_free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nobody listens, none twice."""
    return [_find_free_port() for _ in range(count)]


def _find_free_port() -> int:
    while True:
        port = random.SystemRandom().choice(BELOW_EPHEMERAL)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
