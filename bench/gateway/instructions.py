"""What a small answer costs Envoy in instructions, which are as many whatever else runs on the machine. They are
counted in user space, by callgrind: `python -m bench.gateway instructions`, some minutes; needs valgrind.
"""

import asyncio
import os
import re
import subprocess
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from bench.gateway.contestants import BARE, FULL, Contestant, run_bare, run_full
from bench.gateway.pieces import PIECES
from bench.gateway.wire import Ask, run_load, run_upstream
from tests.gateway.gateway import find_envoy

REQUESTS = 200
SLOW = 300.0
"""Seconds until an Envoy serves that is watched."""
Run = Callable[[Path, int], AbstractAsyncContextManager[Contestant]]


async def measure_instructions(folder: Path, say: Callable[[str], None]) -> dict[str, float]:
    """Thousands for each request, of its worker thread: of bare Envoy, of ours, and of ours without each piece."""
    runs: dict[str, Run] = {BARE: run_bare, FULL: run_full}
    runs |= {f"without_{name}": partial(run_full, change=change) for name, change in PIECES.items()}
    envoy, found = find_envoy(), {}
    for name, run in runs.items():
        place = folder / name
        place.mkdir()
        os.environ["ENVOY"] = str(write_wrapper(place, envoy))
        async with run_upstream() as upstream, run(place / "run", upstream) as contestant:
            found[f"instructions_k_{name}"] = round(await count(contestant, place) / 1000, 1)
        say(f"{name}: {found[f'instructions_k_{name}']} thousand")
    return found


def write_wrapper(folder: Path, envoy: str) -> Path:
    """A program that runs Envoy under callgrind, which does not count yet."""
    path = folder / "envoy"
    options = f"--tool=callgrind --separate-threads=yes --instr-atstart=no --callgrind-out-file={folder}/counts"
    path.write_text(f'#!/bin/sh\nexec valgrind {options} {envoy} "$@"\n')
    path.chmod(0o755)
    return path


async def count(contestant: Contestant, folder: Path) -> float:
    """Instructions for a request, of the thread that has most."""
    ask: dict[str, Any] = {"connections": 1, "seconds": SLOW}
    async with asyncio.timeout(SLOW):
        while True:
            with suppress(RuntimeError):
                await run_load(contestant.port, contestant.headers, Ask(**ask, requests=20))
                break
    for command in ("--instr=on", "--zero"):
        control(contestant, command)
    await run_load(contestant.port, contestant.headers, Ask(**ask, requests=REQUESTS))
    control(contestant, "--dump")
    return max(read_totals(folder)) / REQUESTS


def read_totals(folder: Path) -> list[int]:
    """Of each thread."""
    totals = (re.search(r"^summary: (\d+)", path.read_text(), re.MULTILINE) for path in folder.glob("counts.*"))
    return [int(total[1]) for total in totals if total]


def control(contestant: Contestant, command: str) -> None:
    """Tell callgrind."""
    subprocess.run(["callgrind_control", command, str(contestant.pid)], check=True, stdout=subprocess.DEVNULL)
