"""The Go operator of bench/peer: built once, kept in the cache by the content that made it."""

import hashlib
import os
import subprocess
from pathlib import Path

from dev.cluster.layout import read_layout
from dev.cluster.programs import GO_FLAGS, read_go_version

SOURCE = Path(__file__).parents[1] / "peer"


def build_peer() -> Path:
    """The program, built where the cache lacks it."""
    digest = hashlib.sha256(f"{read_go_version()}\0{GO_FLAGS}".encode())
    for path in sorted(SOURCE.iterdir()):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    target = read_layout().cache / "bin" / f"peer-{digest.hexdigest()[:12]}" / "peer"
    if not target.exists():
        partial = target.with_name(f".peer.{os.getpid()}")
        env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
        subprocess.run(["go", "build", *GO_FLAGS, "-o", partial, "."], cwd=SOURCE, env=env, check=True)
        partial.rename(target)
    return target
