"""Daemons: started in their own session, known by pid files, ended by pid and by nothing else."""

import contextlib
import hashlib
import json
import os
import resource
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dev.cluster.layout import Layout
from dev.cluster.progress import ClusterError, tail

LESS_COLLECTION = {"GOGC": "400"}
"""For programs in Go: a sixth of an API server's CPU is garbage collection otherwise; memory is not what is scarce."""


@dataclass(frozen=True)
class Daemon:
    """A program that stays: its command line and the configuration files written for it before it starts."""

    name: str
    argv: tuple[str, ...]
    files: Mapping[Path, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Changes when the command line or a file does: a daemon that runs with another one is restarted."""
        content = [*self.argv, *(f"{path}\0{text}" for path, text in self.files.items())]
        return hashlib.sha256("\0".join(content).encode()).hexdigest()


@dataclass(frozen=True)
class Record:
    """What a pid file says; `started` (clock ticks since boot) tells the process from a later one with its pid."""

    pid: int
    started: int
    program: str
    fingerprint: str


def pid_file(layout: Layout, name: str) -> Path:
    """Where the record of a daemon is."""
    return layout.run / f"{name}.pid"


def log_file(layout: Layout, name: str) -> Path:
    """Where a daemon's output goes."""
    return layout.log / f"{name}.log"


def read_started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None if it is gone or a zombie. Source: proc(5)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])


def read_argv(pid: int) -> list[str]:
    """The command line of a process; an empty word if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return [""]


def read_running(layout: Layout, name: str) -> Record | None:
    """The record of a daemon if that very process still runs."""
    try:
        record = Record(**json.loads(pid_file(layout, name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    same = read_started(record.pid) == record.started and read_argv(record.pid)[:1] == [record.program]
    return record if same else None


def start(layout: Layout, daemon: Daemon) -> bool:
    """Start a daemon unless it runs as it should; True if it was started."""
    record = read_running(layout, daemon.name)
    if record and record.fingerprint == daemon.fingerprint:
        return False
    stop(layout, [daemon.name])
    for path, text in daemon.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    log = log_file(layout, daemon.name)
    log.parent.mkdir(parents=True, exist_ok=True)
    output = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    pid = os.posix_spawn(
        daemon.argv[0],
        daemon.argv,
        build_environment(os.environ),
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), output, (os.POSIX_SPAWN_DUP2, 1, 2)],
        setsid=True,
    )
    record = Record(pid, read_started(pid) or 0, daemon.argv[0], daemon.fingerprint)
    partial = pid_file(layout, daemon.name).with_suffix(".partial")
    partial.write_text(json.dumps(asdict(record)))
    partial.rename(pid_file(layout, daemon.name))
    while read_started(pid) and not read_argv(pid)[0]:  # the kernel shows the command line a moment after the start
        time.sleep(0.001)
    return True


def build_environment(env: Mapping[str, str]) -> dict[str, str]:
    """What daemons see of the caller's environment: nothing that names another cluster, and the system's sbin."""
    path = [env.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    return {"PATH": ":".join(filter(None, path)), "HOME": "/root", "LANG": "C.UTF-8", **LESS_COLLECTION}


def raise_open_files_limit() -> None:
    """Daemons inherit this: containerd and the API server need more than the usual 1024 open files."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def stop(layout: Layout, names: Iterable[str], *, grace: float = 10) -> None:
    """End daemons together: SIGTERM, and SIGKILL for those still there after `grace` seconds."""
    running = {name: record for name in names if (record := read_running(layout, name))}
    for record in running.values():
        os.kill(record.pid, signal.SIGTERM)
    for record in wait_for_end(running.values(), grace):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, signal.SIGKILL)
    if left := wait_for_end(running.values(), timeout=10):
        raise ClusterError(f"pid {left[0].pid} ({left[0].program}) does not end, not even by SIGKILL")
    for name in running:
        pid_file(layout, name).unlink(missing_ok=True)


def wait_for_end(records: Iterable[Record], timeout: float) -> list[Record]:
    """Those of the processes that are still there after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    left = list(records)
    while (left := [each for each in left if read_started(each.pid) == each.started]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def require_running(layout: Layout, names: Iterable[str]) -> None:
    """Raise, with the end of its log, if one of these daemons has died."""
    for name in names:
        if not read_running(layout, name):
            raise ClusterError(f"{name} has ended\n{tail(log_file(layout, name))}")
