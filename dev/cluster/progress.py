"""What the person at the terminal sees: one line per step, with the time it took, and the log of what failed."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOG_LINES_SHOWN = 20


class ClusterError(Exception):
    """The cluster cannot do what was asked; the text says why and what helps."""


class TooLateError(ClusterError):
    """Waited for in vain."""


def say(text: str) -> None:
    """Print one line to stderr: stdout belongs to commands whose output is read by programs."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Report a step when it is done, with its seconds; steps too short to notice stay silent."""
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    if seconds >= 0.2:
        say(f"  {what:<58} {seconds:6.1f} s")


def wait_until(what: str, probe: Callable[[], bool], *, timeout: float, alive: Callable[[], None]) -> None:
    """Ask `probe` until it says yes; `alive` raises as soon as waiting has become pointless.

    Args:
        what: the thing waited for, as it stands in the error.
        probe: cheap, asked about ten times a second.
        timeout: seconds.
        alive: raises when a daemon that the probe needs has died.
    """
    deadline = time.monotonic() + timeout
    while not probe():
        alive()
        if time.monotonic() > deadline:
            raise TooLateError(f"{what}: not there after {timeout:.0f} s")
        time.sleep(0.1)


def tail(log: Path) -> str:
    """The last lines of a log, indented; a sentence if there is none."""
    if not log.exists():
        return f"    (no log at {log})"
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    return "\n".join([f"  last lines of {log}:", *(f"    {line}" for line in lines)])
