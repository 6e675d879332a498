"""Programs that recipes call, and the Debian packages that carry them; missing ones are installed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable

PACKAGES = {
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
    "newuidmap": "uidmap",
}
WITHOUT_ROOT = ("newuidmap",)  # buildah and mmdebstrap then work in a user namespace


def ensure_commands(commands: Iterable[str]) -> None:
    """Installs the packages of commands that are not on PATH (sudo where we are not root)."""
    root = os.geteuid() == 0
    missing = [command for command in (*commands, *(() if root else WITHOUT_ROOT)) if shutil.which(command) is None]
    if not missing:
        return
    if unknown := sorted(set(missing) - set(PACKAGES)):
        sys.exit(f"not found on PATH: {', '.join(unknown)}. Install it and run this again.")
    packages = [PACKAGES[command] for command in missing]
    if shutil.which("apt-get") is None:
        sys.exit(f"not found on PATH: {', '.join(missing)}. Install {', '.join(packages)} and run this again.")
    sudo = [] if root else ["sudo"]
    print(f"installing {', '.join(packages)}", file=sys.stderr, flush=True)
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    run([*apt, "update"])
    run([*apt, "install", "--no-install-recommends", *packages])


def run(command: list[str], *, env: dict[str, str] | None = None, cwd: str | os.PathLike[str] | None = None) -> None:
    """Runs a program with its output on our standard error: standard output is for answers."""
    subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, **(env or {})}, cwd=cwd)
