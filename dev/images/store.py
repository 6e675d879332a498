"""Where finished things lie: a cache outside the checkout, named by the content they were made of."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HASH_LENGTH = 12
KEPT_ARCHIVES = 3  # of one image: a cluster may still be reading the one before

_LEFT_OUT = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", "target", "node_modules", "dist"}


def cache_folder(*parts: str) -> Path:
    """The folder for things that were built or downloaded; made when it is missing."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("INFEROPS_CACHE") or home / "inferops").joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def hash_content(paths: Iterable[str], *more: str) -> str:
    """12 hex digits of a SHA-256 over names, modes and bytes of files (of folders: all below), and more strings."""
    digest = hashlib.sha256()
    for path in sorted({file for name in paths for file in _files(REPOSITORY / name)}):
        executable = os.access(path, os.X_OK)
        digest.update(f"{path.relative_to(REPOSITORY)}\0{executable}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    for text in more:
        digest.update(f"{text}\0".encode())
    return digest.hexdigest()[:HASH_LENGTH]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is an input of an image and does not exist")
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        yield from (Path(folder, name) for name in names if not name.endswith(".pyc"))


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """One builder of a thing at a time; a second one waits and then finds it finished. A dead builder holds no lock."""
    with (cache_folder("locks") / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """A folder for one build, removed at its end, on the disk of the archives. Those of dead builds go first."""
    parent = cache_folder("images")
    for path in parent.glob(".work-*"):
        if not Path("/proc", path.name.split("-")[1]).exists():
            shutil.rmtree(path, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".work-{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prune_archives(name: str, keep: int = KEPT_ARCHIVES) -> None:
    """Removes all but the newest archives of an image."""
    found = cache_folder("images").glob(f"{name}-{'[0-9a-f]' * HASH_LENGTH}.tar")
    for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[keep:]:
        path.unlink(missing_ok=True)
