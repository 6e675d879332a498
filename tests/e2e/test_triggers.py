"""Every trigger asks for replicas, by real KEDA, autoscaler, metrics-server and Prometheus; in an outage they stay.

GPUs are pretended, and so are their metrics (dev/cluster/gpu_exporter.py); all that reads them is real.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx
import openai
import pytest

from dev.cluster.layout import GPU_EXPORTER_PORT, NODE_IP, read_layout
from dev.cluster.processes import read_running
from dev.target import Target
from inferops.names import region_name
from tests.e2e.scaling import scalable
from tests.e2e.world import Manifest, World, engine_model, eventually, install_shared, instance, resource

EXPORTER = f"http://{NODE_IP}:{GPU_EXPORTER_PORT}/load"
LONG = pytest.mark.skipif(not os.environ.get("LONG"), reason="takes minutes: LONG=1")
OUTAGE = 180
"""Seconds; the autoscaler's own patience (cooldownPeriod) is a fraction of it."""
ALL_DAY: Manifest = {"start": "0 0 * * *", "end": "59 23 * * *", "min": 2}
TRIGGERS: dict[str, Any] = {
    "cpu": {"threshold": 50},
    "memory": {"threshold": 5},
    "http": {"rate": 2, "window": 300},
    "concurrency": {"target": 2},
    "tokens": {"perSecond": 10},
    "queue": {"waiting": 2},
    "schedules": [ALL_DAY],
    "gpuUtilization": {"threshold": 80},
    "gpuMemory": {"threshold": 50},
}
QUICK = ("gpuUtilization", "queue")
"""Shown in each run of the tests: of Prometheus and of engines one; the rest with LONG=1."""
STREAMS = 6
"""By instance; of which its engine takes one at a time."""


class Streams:
    """Requests in progress until the end, token by token."""

    def __init__(self, world: World, name: str, count: int = STREAMS, delay: str = "20ms") -> None:
        self._world, self._name, self._delay = world, name, delay
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._stream) for _ in range(count)]

    def __enter__(self) -> Self:
        self._status, self._key = self._world.status(self._name), self._world.key("e2e")
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _stream(self) -> None:
        body = {"engine": {"token_delay": self._delay}}
        messages: Any = [{"role": "user", "content": "count"}]
        while not self._ended.is_set():
            client = self._world.client(self._status, self._key).chat.completions
            try:
                with client.create(
                    model=self._status["model"], messages=messages, max_tokens=500, stream=True, extra_body=body
                ) as chunks:
                    for _ in chunks:
                        if self._ended.is_set():
                            return
            except openai.OpenAIError:
                time.sleep(1)  # the replica went, or is not there yet


def workload(world: World, name: str) -> str:
    return region_name(world.namespace, name, "default")


def replicas(world: World, name: str) -> int:
    return int(world.get("deployment", workload(world, name))["spec"]["replicas"])


def set_gpus(world: World, name: str, **percent: float) -> None:
    """How busy the pretended GPUs of an instance are; nothing: they are not reported any more."""
    url = f"{EXPORTER}/{world.namespace}/{workload(world, name)}"
    (httpx.put(url, json=percent) if percent else httpx.delete(url)).raise_for_status()


def install_gpus(world: World) -> None:
    """A model on a GPU, for these tests only."""
    gpu = {"model": "NVIDIA-H100-80GB-HBM3", "count": 1, "memory": "80Gi"}
    hardware = resource("Hardware", "e2e-gpu", cpu="10m", memory="32Mi", gpu=gpu)
    install_shared(world.target, hardware, engine_model("e2e-gpu-engine", defaultHardware="e2e-gpu"))


def scaled(name: str, triggers: Manifest, least: int = 1, **spec: Any) -> Manifest:
    model = "e2e-gpu-engine" if any(each.startswith("gpu") for each in triggers) else "e2e-engine"
    scale = {"min": least, "max": 3, "cooldownPeriod": 15, "triggers": triggers}
    return instance(name, model, scale, args=["--max-num-seqs", "1"], **spec)


@contextmanager
def frozen(daemon: str) -> Iterator[None]:
    """A process of the cluster that stands still, as on a node that is cut off."""
    record = read_running(read_layout(), daemon)
    assert record, f"{daemon} does not run"
    os.kill(record.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(record.pid, signal.SIGCONT)


@pytest.mark.parametrize("trigger", [each if each in QUICK else pytest.param(each, marks=LONG) for each in TRIGGERS])
def test_a_trigger_asks_for_more(local: Target, world: World, trigger: str) -> None:
    assert local
    install_gpus(world)
    name = trigger.lower()
    world.apply(scaled(name, {trigger: TRIGGERS[trigger]}))
    world.wait_routable(world.wait_phase(name, "ACTIVE", within=180), world.key("e2e"))
    if trigger.startswith("gpu"):
        set_gpus(world, name, utilization=160, memory=80)
    with Streams(world, name, 1 if trigger.startswith("gpu") else STREAMS, "1ms" if trigger == "cpu" else "20ms"):
        eventually(lambda: replicas(world, name) >= 2, within=150)


def test_an_exporter_that_says_nothing_keeps_nobody_from_waking_and_sleeping(local: Target, world: World) -> None:
    assert local
    install_gpus(world)
    triggers = {"gpuUtilization": {"threshold": 80}, "http": {"rate": 1000, "window": 60}}
    set_gpus(world, "gpus")
    world.apply(scaled("gpus", triggers, least=0, podLifetime=10, rollout={"drainSeconds": 1}))
    status = world.wait_phase("gpus", "PENDING")
    scalable(world, "gpus")
    world.wait_known(status, world.stranger())
    assert world.chat(status, world.key("e2e"))
    assert replicas(world, "gpus") == 1
    eventually(lambda: replicas(world, "gpus") == 0, within=40)


@LONG
def test_without_metrics_replicas_stay_and_idle_ones_go(local: Target, world: World) -> None:
    assert local
    install_gpus(world)
    triggers = {"gpuUtilization": {"threshold": 80}, "http": {"rate": 1000, "window": 60}}
    world.apply(scaled("gpus", triggers, podLifetime=60))
    world.wait_routable(world.wait_phase("gpus", "ACTIVE", within=180), world.key("e2e"))
    set_gpus(world, "gpus", utilization=160)

    def says(*words: str) -> bool:
        condition = world.condition("gpus", "Scalable")
        return condition["reason"] == "MetricsMissing" and all(word in condition["message"] for word in words)

    with Streams(world, "gpus", 1):
        eventually(lambda: replicas(world, "gpus") == 2, within=150)
        for daemon, words in (("prometheus", "does not answer"), ("gpu-exporter", "has no GPU metrics of its pods")):
            with frozen(daemon):
                assert_stays(world, "gpus", 2, OUTAGE)
                eventually(lambda words=words: says("gpuUtilization", words), within=60)  # type: ignore[misc]
            eventually(lambda: world.condition("gpus", "Scalable")["status"] == "True", within=60)
        set_gpus(world, "gpus")
        eventually(lambda: says("gpuUtilization", "has no GPU metrics of its pods"), within=90)
        assert_stays(world, "gpus", 2, OUTAGE)
    eventually(lambda: replicas(world, "gpus") == 1, within=150)
    eventually(lambda: world.condition("gpus", "Scalable")["status"] == "True", within=90)


@LONG
def test_without_metrics_server_replicas_stay(local: Target, world: World) -> None:
    assert local
    world.apply(scaled("cpu", {"cpu": {"threshold": 50}}))
    world.wait_routable(world.wait_phase("cpu", "ACTIVE", within=180), world.key("e2e"))
    with Streams(world, "cpu", delay="1ms"):
        eventually(lambda: replicas(world, "cpu") == 3, within=150)
        with frozen("metrics-server"):
            assert_stays(world, "cpu", 3, OUTAGE)
            eventually(lambda: "metrics-server" in world.condition("cpu", "Scalable")["message"], within=120)
        eventually(lambda: world.condition("cpu", "Scalable")["status"] == "True", within=120)


def assert_stays(world: World, name: str, count: int, seconds: float) -> None:
    """Whatever the load seems to be."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert replicas(world, name) == count
        time.sleep(1)
