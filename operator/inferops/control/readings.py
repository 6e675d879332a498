"""The triggers that control measures: GPUs by Prometheus, engines by their own metrics. "No data" is an answer of its
own, never 0: a lost exporter must not scale anything down. Whoever asks for long in vain is told in the status.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import NamedTuple

from inferops.cluster.client import Client
from inferops.control import metrics
from inferops.control.engines import EngineMetrics
from inferops.control.gpu import plan_query
from inferops.control.prometheus import Prometheus
from inferops.control.reading import Reading
from inferops.control.reports import SILENCE, Instances, bring
from inferops.control.triggers import Trigger
from inferops.specs.scaling import GPU_TRIGGERS

SILENT_SECONDS = 30.0
"""Before it is told: restarts of an exporter or of Prometheus are no news."""
FORGET_SECONDS = 300.0
"""Nobody asks any more: the trigger is gone, or the instance asleep."""
LOOK_SECONDS = 5.0
SETTLE_SECONDS = 60.0
"""After the start: what was silent before is not taken for mended until everything was asked for again."""


class Silence(NamedTuple):
    """A trigger without data."""

    since: float
    asked: float
    problem: str


class Readings:
    """`read` gives what a trigger measures; `problems` what could not be read."""

    def __init__(self, prometheus: Prometheus, engines: EngineMetrics, labels: tuple[str, str]) -> None:
        self._prometheus = prometheus
        self._engines = engines
        self._labels = labels
        self._silent: dict[tuple[str, str, str], Silence] = {}

    async def read(self, trigger: Trigger) -> float | None:
        """Over all replicas of a workload: percent, tokens per second and replica, waiting requests per replica. None:
        no data.
        """
        value, problem = await self._ask(trigger)
        key = trigger.instance, trigger.workload, trigger.metric
        now = time.monotonic()
        if problem:
            metrics.NO_DATA.labels(trigger.metric).inc()
            before = self._silent.get(key)
            self._silent[key] = Silence(before.since if before else now, now, problem)
        else:
            self._silent.pop(key, None)
        return value

    def rest(self, trigger: Trigger) -> None:
        """The instance is idle: nothing need be known of it."""
        self._silent.pop((trigger.instance, trigger.workload, trigger.metric), None)

    def problems(self, now: float) -> dict[str, str]:
        """By instance: which triggers see nothing, and why."""
        self._silent = {key: each for key, each in self._silent.items() if now - each.asked < FORGET_SECONDS}
        found: dict[str, dict[str, list[str]]] = {}
        for (instance, _, metric), silence in sorted(self._silent.items()):
            if now - silence.since >= SILENT_SECONDS:
                found.setdefault(instance, {}).setdefault(silence.problem, []).append(metric)
        return {instance: describe(problems) for instance, problems in found.items()}

    async def _ask(self, trigger: Trigger) -> Reading:
        if trigger.metric in GPU_TRIGGERS:
            query = plan_query(trigger.metric, trigger.namespace, trigger.workload, self._labels)
            return await self._prometheus.ask(query)
        return await self._engines.read(trigger.metric, trigger.instance, trigger.workload)

    async def close(self) -> None:
        """End connections."""
        await self._prometheus.close()


def describe(problems: Mapping[str, list[str]]) -> str:
    """One sentence for each cause."""
    return " ".join(f"{' and '.join(sorted(set(names)))}: {problem}" for problem, names in sorted(problems.items()))


async def report_silence(client: Client, readings: Readings, instances: Instances, told: dict[str, str]) -> None:
    """For ever: keep `status.metricsProblem` so, of which the operator makes condition Scalable. `told` is what the
    statuses say at first, by instance.
    """
    await asyncio.sleep(SETTLE_SECONDS if told else 0)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        told, _ = await bring(client, SILENCE, readings.problems(time.monotonic()), instances(), told)
