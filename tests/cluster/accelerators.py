"""GPUs of a file's own: a resource that the node offers beside nvidia.com/gpu, so that no test waits for another's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inferops.names import Manifest
from tests.cluster.here import Here

NODE = "inferops-dev"


def build_gpu(here: Here, count: int) -> Manifest:
    """Of a Hardware."""
    return {"model": "L40S", "count": count, "memory": "48Gi", "resourceName": f"test.inferops.dev/{here.namespace}"}


@contextmanager
def offer(here: Here, amount: int) -> Iterator[None]:
    """As a device plugin does it."""
    place = {"path": f"/status/capacity/test.inferops.dev~1{here.namespace}"}
    patch(here, {"op": "add", "value": str(amount), **place})
    yield
    patch(here, {"op": "remove", **place})


def patch(here: Here, change: dict[str, Any]) -> None:
    """The node's status."""
    what = ("--subresource=status", "--type=json", f"--patch={json.dumps([change])}")
    here.kubectl.run("patch", "node", NODE, *what)
