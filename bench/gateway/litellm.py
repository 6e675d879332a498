"""LiteLLM's proxy, which a user might take in our place: the same model behind it, a key asked for, two workers.

Its virtual keys need a PostgreSQL; without one it checks its master key, which is the least that it can do.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml

from dev.cluster.layout import read_layout

VERSION = "1.106.2"
WORKERS = 2
KEY = "sk-bench"


def install_litellm() -> Path:
    """Its program, in a virtual environment of its own in the cache."""
    folder = read_layout().cache / "bench" / f"litellm-{VERSION}"
    program = folder / "bin" / "litellm"
    if not program.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        install = [str(uv), "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
        subprocess.run([*install, f"litellm[proxy]=={VERSION}"], check=True)
    return program


@asynccontextmanager
async def run_litellm(folder: Path, port: int, upstream_port: int) -> AsyncIterator[int]:
    """In front of the upstream; yields the process id of its parent process."""
    engine = {"model": "openai/tiny", "api_base": f"http://127.0.0.1:{upstream_port}/v1", "api_key": "none"}
    config = {
        "model_list": [{"model_name": "tiny", "litellm_params": engine}],
        "general_settings": {"master_key": KEY},
    }
    path = folder.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(config))
    arguments = ["--config", str(path), "--host", "127.0.0.1", "--port", str(port), "--num_workers", str(WORKERS)]
    env = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with folder.with_suffix(".log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            install_litellm(), *arguments, "--telemetry", "False", env=env, stdout=log, stderr=log
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            await process.wait()
