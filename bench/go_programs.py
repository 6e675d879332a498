"""Go programs of the benchmarks: built once, kept in the cache by the content that made them."""

import hashlib
import os
import subprocess
from pathlib import Path

from dev.cluster.layout import read_layout
from dev.cluster.programs import GO_FLAGS, read_go_version


def build_program(source: Path) -> Path:
    """The program of the Go module in `source`, called as the folder is; built where the cache lacks it."""
    digest = hashlib.sha256(f"{read_go_version()}\0{GO_FLAGS}".encode())
    for path in sorted(source.iterdir()):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    target = read_layout().cache / "bin" / f"{source.name}-{digest.hexdigest()[:12]}" / source.name
    if not target.exists():
        partial = target.with_name(f".{source.name}.{os.getpid()}")
        env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
        subprocess.run(["go", "build", *GO_FLAGS, "-o", partial, "."], cwd=source, env=env, check=True)
        partial.rename(target)
    return target
