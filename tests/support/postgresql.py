"""A real PostgreSQL for one test session: a folder of its own, loopback only, ended by its pid."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.ports import find_free_ports

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
START_SECONDS = 60.0
USER = "postgres"
OWNER = USER if os.geteuid() == 0 else None
"""Whose process and folder it is: it refuses to run as root."""
PASSWORD = "a-secret-of-the-tests"
FLAGS = (
    "-c",
    "fsync=off",
    "-c",
    "full_page_writes=off",
    "-c",
    "unix_socket_directories=",
    "-c",
    "shared_buffers=256MB",
)
"""A killed server keeps what it told the kernel; only a power cut would lose it."""


@dataclass
class Postgresql:
    """A server that can be killed and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it answers."""
        command: list[str | Path] = [PROGRAMS / "postgres", "-D", self.folder, "-p", str(self.port), *FLAGS]
        log = (self.folder.parent / "postgres.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, user=OWNER, group=OWNER
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(
                    f"PostgreSQL did not start\n{(self.folder.parent / 'postgres.log').read_text()[-2000:]}"
                )
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            psycopg.connect(self.url(USER), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """kill -9 of the server and all that it started."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def url(self, database: str) -> str:
        """As a Secret would hold it."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new, empty database; its URL."""
        with psycopg.connect(self.url(USER), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.url(database)


@contextmanager
def start_postgresql() -> Iterator[Postgresql]:
    """While the context lasts."""
    root = Path(tempfile.mkdtemp(prefix="inferops-postgresql-"))
    try:
        if OWNER:
            entry = pwd.getpwnam(OWNER)
            os.chown(root, entry.pw_uid, entry.pw_gid)
        (root / "password").write_text(PASSWORD)
        (root / "password").chmod(0o644)
        flags: list[str | Path] = [
            "-D",
            root / "data",
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            f"--pwfile={root / 'password'}",
            "-E",
            "UTF8",
        ]
        command: list[str | Path] = [PROGRAMS / "initdb", *flags, "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, user=OWNER, group=OWNER)
        server = Postgresql(root / "data", find_free_ports(1)[0])
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(root)
