"""python3 -m dev.console build | lint | types | test: the console's tools, after `npm ci` where the lock changed.

The build is in the cache, by the content of its sources: the Dockerfile builds it itself where there is a Node image;
builds here give it this one instead. So is what passed: as with `go test`, the same content is not examined again.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dev.images import store
from dev.images.commands import run

SOURCE = "console"
FOLDER = store.REPOSITORY / SOURCE
LOCK = ("package.json", "package-lock.json")
EXAMINED = (SOURCE, "docs/reference/openapi.json", "dev/console.py")
"""What lint, types and tests look at, and how they are run."""
INPUTS = tuple(f"{SOURCE}/{name}" for name in (*LOCK, "build", "index.html", "src", "tsconfig.json", "vite.config.ts"))
PAGES = "dist"
"""What a built folder has, and the Dockerfile's stage too."""
STAMP = "node_modules/.lock-hash"
OLDEST_NODE = (20, 19)
KEPT = 10
MISSING = "npm: missing. Install Node 20.19 or later (https://nodejs.org)"


def console_folder() -> Path:
    """The folder that has the pages, in `dist`; built when it is missing."""
    if not (folder := _find_folder()).exists():
        with store.lock(SOURCE):
            while not (folder := _find_folder()).exists():  # again, if the source was edited meanwhile
                _build(folder)
    folder.touch()
    return folder


def ensure_packages() -> None:
    """`npm ci`, once for each lock."""
    content = b"".join((FOLDER / name).read_bytes() for name in LOCK)
    wanted = hashlib.sha256(content).hexdigest()
    stamp = FOLDER / STAMP
    with store.lock("console-packages"):
        if stamp.exists() and stamp.read_text() == wanted:
            return
        ensure_node()
        run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=FOLDER)
        stamp.write_text(wanted)


def ensure_node() -> str:
    """Its version. Ends with a sentence where Node is missing or too old."""
    if not (shutil.which("npm") and shutil.which("node")):
        sys.exit(MISSING)
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(map(int, re.findall(r"\d+", told)[:2])) < OLDEST_NODE:
        sys.exit(f"node: {told} is too old. Install Node 20.19 or later (https://nodejs.org)")
    return told


def main() -> None:
    """One of the commands; its exit code is the tool's."""
    parser = argparse.ArgumentParser(prog="python3 -m dev.console", description=__doc__)
    parser.add_argument("command", choices=("build", "lint", "types", "test"))
    command = parser.parse_args().command
    if command == "build":
        print(console_folder() / PAGES)
        return
    passed = store.cache_folder(SOURCE, "passed") / f"{command}-{store.hash_content(EXAMINED, ensure_node())}"
    if passed.exists():
        return
    ensure_packages()
    cache = store.cache_folder(SOURCE)
    tools = {
        "lint": [
            _tool(
                "eslint",
                ".",
                "--max-warnings=0",
                "--cache",
                f"--cache-location={cache}/eslint",
                "--cache-strategy=content",
            ),
            _tool("prettier", "--log-level=warn", "--check", ".", "--cache", f"--cache-location={cache}/prettier"),
        ],
        "types": [_tool("tsc", "--noEmit", "--incremental", "--tsBuildInfoFile", f"{cache}/types.tsbuildinfo")],
        "test": [_tool("vitest", "run", "--reporter=dot")],
    }
    if status := max(subprocess.run(tool, cwd=FOLDER, check=False).returncode for tool in tools[command]):
        sys.exit(status)
    passed.touch()


def _tool(name: str, *arguments: str) -> list[str]:
    return [f"node_modules/.bin/{name}", *arguments]


def _find_folder() -> Path:
    return store.cache_folder("console-pages") / store.hash_content(INPUTS)


def _build(target: Path) -> None:
    """Writes the folder in one step, unless the source was edited: then the pages may not be what its name says."""
    ensure_packages()
    with store.work_folder() as folder:
        run(
            _tool("vite", "build", f"--outDir={folder / 'built' / PAGES}", "--emptyOutDir", "--logLevel=warn"),
            cwd=FOLDER,
        )
        if _find_folder() == target:
            _prune(target.parent)
            (folder / "built").replace(target)


def _prune(parent: Path) -> None:
    found = sorted(parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[KEPT - 1 :]:
        shutil.rmtree(path)


if __name__ == "__main__":
    main()
