"""The official JavaScript client, installed once into the cache, and scripts that use it."""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dev.cluster.layout import read_layout

HERE = Path(__file__).parent / "clients"
PACKAGES = ("package.json", "package-lock.json")


def install_clients() -> Path:
    """The folder with `node_modules` of exactly the locked versions."""
    if not shutil.which("npm") and not os.environ.get("CI"):
        pytest.skip("npm is not installed: nobody to try the JavaScript client with")
    content = b"".join((HERE / name).read_bytes() for name in PACKAGES)
    target = read_layout().cache / f"javascript-{hashlib.sha256(content).hexdigest()[:12]}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=target.parent))
        for name in PACKAGES:
            shutil.copy(HERE / name, folder)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
        folder.rename(target)
    return target


async def run_script(name: str, question: dict[str, Any], authorities: Path, *options: str) -> Any:
    """What a script of clients/ answers."""
    folder = authorities.parent / "javascript"
    shutil.copytree(HERE, folder)
    (folder / "node_modules").symlink_to(install_clients() / "node_modules")
    env = {**os.environ, "QUESTION": json.dumps(question), "NODE_EXTRA_CA_CERTS": str(authorities)}
    command = ("node", "--no-warnings", *options, str(folder / name))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=pipe, stderr=pipe)
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    return json.loads(output)
