"""Other ways to the gateway: a port-forward, and nginx that serves it under a sub-path."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dev.target import Target
from tests.e2e.world import GATEWAY, SYSTEM
from tests.gateway.nginx import find_nginx, write_configuration
from tests.support.ports import find_free_ports

PREFIX = "/tools/inferops/"
SERVER = f"""server {{
    listen 80;
    location {PREFIX} {{ proxy_pass {GATEWAY}/; proxy_http_version 1.1; proxy_buffering off; }}
}}
"""


@contextmanager
def forward(target: Target) -> Iterator[str]:
    """The console's address behind `kubectl port-forward`."""
    (port,) = find_free_ports(1)
    command = ("kubectl", "-n", SYSTEM, "port-forward", "service/inferops-gateway", f"{port}:80")
    with run(command, port, target.env):
        yield f"http://localhost:{port}/"


@contextmanager
def nest(folder: Path) -> Iterator[str]:
    """The console's address as a part of somebody's site."""
    (port,) = find_free_ports(1)
    path = write_configuration(folder, port, 0, SERVER)
    with run((str(find_nginx()), "-p", str(folder), "-e", f"{folder}/nginx.log", "-c", str(path)), port):
        yield f"http://127.0.0.1:{port}{PREFIX}"


@contextmanager
def run(command: Sequence[str], port: int, env: dict[str, str] | None = None) -> Iterator[None]:
    """A program, once it listens."""
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        while not listens(port):
            assert process.poll() is None, f"{command[0]} ended"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
