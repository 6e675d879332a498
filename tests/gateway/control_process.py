"""Control as a process of its own, for tests that kill it: `control_process.py OBJECTS GATEWAY_ADDRESS SCALER_ADDRESS`.

OBJECTS is a YAML file of Kubernetes objects; the process follows its changes. Its settings are those of objects.py.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import yaml

from inferops.cli.logs import configure_logging
from inferops.cluster.store import Store
from inferops.control.plane import ControlPlane
from inferops.control.world import build_stores
from inferops.names import Manifest
from tests.gateway.objects import SETTINGS


class Follower:
    """The stores, as equal to the file as the last `load` made them."""

    def __init__(self, path: Path) -> None:
        self.stores: dict[str, Store] = build_stores()
        self._path = path
        self._loaded = 0

    def load(self) -> list[Manifest]:
        """What is new in the file."""
        changed = self._path.stat().st_mtime_ns
        if changed == self._loaded:
            return []
        self._loaded = changed
        return [obj for obj in yaml.safe_load_all(self._path.read_text()) if self.stores[obj["kind"]].put(obj)]


async def main(path: Path, gateway: str, scaler: str) -> None:
    follower = Follower(path)
    follower.load()
    plane = ControlPlane(SETTINGS, follower.stores)
    plane.build(datetime.now(UTC))
    await plane.serve(gateway, scaler)
    run = asyncio.create_task(plane.run())
    while not run.done():
        await asyncio.sleep(0.02)
        for obj in follower.load():
            plane.touch(obj)


if __name__ == "__main__":
    configure_logging("INFO", "plain")
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
