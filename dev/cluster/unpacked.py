"""Programs from Debian packages that are unpacked into the cache and not installed: nothing of the system changes."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from dev.cluster.layout import Layout
from dev.cluster.progress import ClusterError


def unpack_package(layout: Layout, package: str, program: str) -> Path:
    """Where `program`, a path such as usr/sbin/nginx, of a package lies. Raises ClusterError."""
    target = layout.cache / "debian" / package
    if not (target / program).exists():
        if not shutil.which("apt-get"):
            raise ClusterError(f"missing {package}, and no apt-get here to fetch it with")
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=target.parent))
        for command in (["apt-get", "-q", "download", package], ["sh", "-c", "dpkg-deb -x *.deb files"]):
            result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if result.returncode:
                shutil.rmtree(folder)
                raise ClusterError(
                    f"{package}: {command[0]} failed; try apt-get update first:\n    {result.stderr.strip()}"
                )
        shutil.rmtree(target, ignore_errors=True)
        (folder / "files").rename(target)
        shutil.rmtree(folder)
    return target / program
