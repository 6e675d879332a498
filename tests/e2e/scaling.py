"""Instances under load, what becomes of their replicas, and parts of the system that are away for a while."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from tests.e2e.test_traffic import WarmTraffic
from tests.e2e.world import Manifest, World, eventually

LONG = bool(os.environ.get("LONG"))
"""`make test-long` sets it: outages of three minutes and a stream of ten, with a podLifetime of one."""
LIFETIME, OUTAGE, STREAM, STARTUP = (60, 180, 600, 180) if LONG else (10, 30, 15, 45)
"""Seconds: podLifetime, how long a part is away, how long a stream and a start last."""
PARTS = {
    "operator": ("inferops-system", "inferops-operator"),
    "control": ("inferops-system", "inferops-control"),
    "gateway": ("inferops-system", "inferops-gateway"),
    "keda": ("keda", "keda-operator"),
}
"""Namespace and Deployment of what a test may stop."""


def build_scale(*, least: int = 0, most: int = 1, rate: int = 1000, window: int = 10, cooldown: int = 5) -> Manifest:
    """One region's scale."""
    return {
        "min": least,
        "max": most,
        "cooldownPeriod": cooldown,
        "triggers": {"http": {"rate": rate, "window": window}},
    }


def scalable(world: World, name: str) -> None:
    """Wait until KEDA has taken up an instance."""
    eventually(lambda: world.condition(name, "Scalable").get("status") == "True", within=90)


@dataclass(frozen=True)
class Moment:
    """From when on an instance had how many replicas."""

    time: float
    instance: str
    replicas: int


class Replicas:
    """Notes every change of `spec.replicas` in a namespace while the context lasts."""

    def __init__(self, world: World) -> None:
        self.moments: list[Moment] = []
        self._world = world

    def __enter__(self) -> Self:
        path = r'jsonpath={.metadata.labels.inferops\.dev/instance} {.spec.replicas}{"\n"}'
        command = ["kubectl", "-n", self._world.namespace, "get", "deployments", "--watch", "-o", path]
        self._watch = subprocess.Popen(command, env=self._world.target.env, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        eventually(lambda: self.moments)
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.kill()
        self._reader.join()
        self._watch.wait()

    def _read(self) -> None:
        assert self._watch.stdout
        for line in self._watch.stdout:
            instance, _, replicas = line.partition(" ")
            self.moments.append(Moment(time.monotonic(), instance, int(replicas or 0)))
        self._watch.stdout.close()

    def of(self, instance: str, since: float = 0.0) -> list[int]:
        """How many it had, one after the other."""
        known = [each for each in self.moments if each.instance == instance]
        before = [each.replicas for each in known if each.time < since][-1:]
        numbers = before + [each.replicas for each in known if each.time >= since]
        return [number for index, number in enumerate(numbers) if index == 0 or number != numbers[index - 1]]

    def now(self, instance: str) -> int:
        """How many it has; -1: nothing is known of it."""
        return ([-1] + [each.replicas for each in self.moments if each.instance == instance])[-1]


class Trickle(WarmTraffic):
    """Asks once in a while."""

    def __init__(self, status: Manifest, key: str, pause: float) -> None:
        super().__init__(status, key)
        self.pause = pause


@contextlib.contextmanager
def away(world: World, part: str) -> Iterator[None]:
    """A part of the system does not run, and is back at the end."""
    namespace, deployment = PARTS[part]
    kubectl = world.target.kubectl
    selector = kubectl("-n", namespace, "get", "deployment", deployment, "-o", "jsonpath={.spec.selector.matchLabels}")
    labels = ",".join(pair.replace('"', "").replace(":", "=") for pair in selector.strip("{}").split(","))
    kubectl("-n", namespace, "scale", "deployment", deployment, "--replicas=0")
    try:
        kubectl("-n", namespace, "delete", "pods", "-l", labels, "--grace-period=1", "--wait=false")
        eventually(lambda: not kubectl("-n", namespace, "get", "pods", "-l", labels, "-o", "name").strip(), within=90)
        yield
    finally:
        kubectl("-n", namespace, "scale", "deployment", deployment, "--replicas=1")
        kubectl("-n", namespace, "rollout", "status", f"deployment/{deployment}", "--timeout=120s", check=False)
        eventually(
            lambda: kubectl("-n", namespace, "get", "deployment", deployment, "-o", "jsonpath={.status.readyReplicas}"),
            within=120,
        )
