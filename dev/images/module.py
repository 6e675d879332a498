"""The gateway's module for Envoy (gateway/), built by this machine's cargo: for Envoys here, and for the image.

The Dockerfile builds it itself where there is a Rust image; builds here give it this one instead.
"""

import shutil
import sys
from pathlib import Path

from dev.images import store
from dev.images.commands import run

SOURCE = "gateway"
FILE = "libinferops_gateway.so"
KEPT = 50  # those last asked for: tests that run meanwhile start more Envoys with theirs


def module_folder() -> Path:
    """The folder that has the module, for ENVOY_DYNAMIC_MODULES_SEARCH_PATH; built when it is missing."""
    if not (folder := _find_folder()).exists():
        with store.lock("module"):
            while not (folder := _find_folder()).exists():  # again, if the source was edited meanwhile
                _build(folder)
    folder.touch()
    return folder


def _find_folder() -> Path:
    return store.cache_folder("module") / store.hash_content([SOURCE])


def _build(target: Path) -> None:
    """Writes the folder in one step, unless the source was edited: then the module may not be what its name says."""
    if shutil.which("cargo") is None:
        sys.exit("cargo: not found in PATH. Install Rust 1.85 or later (https://rustup.rs)")
    with store.work_folder() as folder:
        built = folder / "built"
        built.mkdir()
        output = store.cache_folder("cargo")
        options = ["--release", "--locked", "--quiet", f"--target-dir={output}"]
        run(["cargo", "build", *options], cwd=store.REPOSITORY / SOURCE)
        shutil.copy(output / "release" / FILE, built)
        if _find_folder() == target:
            _prune(target.parent)
            built.replace(target)


def _prune(parent: Path) -> None:
    found = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[KEPT - 1 :]:
        shutil.rmtree(path)
