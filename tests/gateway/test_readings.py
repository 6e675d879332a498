"""What control reads of GPUs, from a real Prometheus, and of engines, from their own metrics."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dev.cluster.gpu_exporter import Load, render
from inferops.control.engines import EngineMetrics
from inferops.control.prometheus import Prometheus as Client
from inferops.control.readings import SILENT_SECONDS, Readings
from inferops.control.triggers import Trigger
from inferops.gateway.endpoints import Endpoint
from inferops.settings import PrometheusSettings
from tests.gateway.conftest import fixture
from tests.gateway.prometheus import Exporter, Prometheus
from tests.support.eventually import eventually

WORKLOAD = "chat-12345678-eu"
PODS = [("team", f"{WORKLOAD}-5d5f7c-abc12", 1), ("team", f"{WORKLOAD}-5d5f7c-abc13", 1)]
LOOKALIKES = [("other", f"{WORKLOAD}-5d5f7c-abc14", 1), ("team", f"{WORKLOAD}-2-5d5f7c-abc15", 1)]
BUSY = {("team", WORKLOAD): Load(160, 40), ("other", WORKLOAD): Load(7, 7), ("team", f"{WORKLOAD}-2"): Load(7, 7)}
OWN = {"namespace": "gpu-operator", "pod": "dcgm-exporter-x"}


def show(metric: str, value: float, pod: str = "", part: int = 0) -> str:
    """One sample of a GPU, of a MIG instance of it, or of it for one of the pods that share it."""
    mig = f',GPU_I_PROFILE="1g.10gb",GPU_I_ID="{part}"' if part else ""
    owner = f',container="engine",namespace="team",pod="{pod}"' if pod else ""
    return f'{metric}{{gpu="0",UUID="GPU-0",device="nvidia0",modelName="H100"{mig}{owner}}} {value}\n'


FIRST, SECOND, OTHER = (name for _, name, _ in (*PODS, LOOKALIKES[1]))
MIG = "".join(
    show("DCGM_FI_PROF_GR_ENGINE_ACTIVE", part / 10, pod, part)
    + show("DCGM_FI_DEV_FB_USED", 1000 * part, pod, part)
    + show("DCGM_FI_DEV_FB_FREE", 10000 - 1000 * part, pod, part)
    for part, pod in ((2, FIRST), (4, SECOND), (9, OTHER))
)
"""Three instances of one GPU, which itself shows only its memory."""
MIG += show("DCGM_FI_DEV_FB_USED", 15000) + show("DCGM_FI_DEV_FB_FREE", 65000)
SLICED = "".join(
    show("DCGM_FI_DEV_GPU_UTIL", 90, pod)
    + show("DCGM_FI_DEV_FB_USED", 60000, pod)
    + show("DCGM_FI_DEV_FB_FREE", 20000, pod)
    for pod in (FIRST, SECOND, OTHER)
)
"""KUBERNETES_VIRTUAL_GPUS=true: the same GPU for each of its pods."""
LONG = f"{'a' * 40}-12345678-eu-2"
"""Of which Kubernetes cuts the names of pods."""
CUT = "".join(
    show("DCGM_FI_DEV_GPU_UTIL", value, f"{workload}-6d79f5b5f6-"[:58] + "jlkv7")
    for workload, value in ((LONG, 40), (LONG.removesuffix("-2"), 7), (f"{LONG}-3", 7))
)
LAST_ONLY = show("DCGM_FI_DEV_GPU_UTIL", 90, SECOND)
"""Without it: for one of them."""
RENAMED = render(PODS, BUSY).replace("namespace=", "ns=").replace("pod=", "pod_name=")


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("prometheus", "engines"):
        monkeypatch.setattr(f"inferops.control.{module}.CACHE_SECONDS", 0)


@fixture
async def exporter() -> AsyncIterator[Exporter]:
    async with Exporter(render([*PODS, *LOOKALIKES], BUSY)).run() as exporter:
        yield exporter


def trigger(metric: str, target: float = 80) -> Trigger:
    return Trigger("team", WORKLOAD, metric, "chat-12345678", target, window=1, lifetime=60)


@asynccontextmanager
async def reading(
    settings: PrometheusSettings | None = None, replicas: Sequence[Endpoint] = ()
) -> AsyncIterator[Readings]:
    settings = settings or PrometheusSettings()
    labels = settings.namespace_label, settings.pod_label
    asked = Readings(Client(settings), EngineMetrics(lambda *_: replicas), labels)
    yield asked
    await asked.close()


def problem_of(asked: Readings) -> str:
    """What the status will say."""
    return asked.problems(time.monotonic() + SILENT_SECONDS).get("chat-12345678", "")


@pytest.mark.parametrize(
    ("honor", "settings", "text", "expected"),
    [
        (True, {}, None, {"gpuUtilization": 80, "gpuMemory": 40}),
        (False, {}, None, {"gpuUtilization": 80, "gpuMemory": 40}),
        (True, {"namespace_label": "ns", "pod_label": "pod_name"}, RENAMED, {"gpuUtilization": 80}),
        (True, {}, MIG, {"gpuUtilization": 30, "gpuMemory": 30}),
        (False, {}, MIG, {"gpuUtilization": 30, "gpuMemory": 30}),
        (True, {}, SLICED, {"gpuUtilization": 90, "gpuMemory": 75}),
        (False, {}, SLICED, {"gpuUtilization": 90, "gpuMemory": 75}),
        (True, {}, LAST_ONLY, {"gpuUtilization": 90}),
    ],
    ids=[
        *("labels are honoured", "labels are renamed by Prometheus", "labels of one's own"),
        *("MIG", "MIG and renamed", "shared GPU", "shared GPU and renamed", "shared GPU that names one pod"),
    ],
)
async def test_the_gpus_of_an_instance_are_found(
    tmp_path: Path,
    exporter: Exporter,
    honor: bool,
    settings: dict[str, str],
    text: str | None,
    expected: dict[str, float],
) -> None:
    exporter.text = text or exporter.text
    prometheus = Prometheus(tmp_path, exporter, OWN, honor=honor)
    async with prometheus.run(), reading(PrometheusSettings(url=prometheus.url, **settings)) as asked:

        async def found() -> bool:
            return {metric: await asked.read(trigger(metric)) for metric in expected} == pytest.approx(expected)

        await eventually(found)
        assert not problem_of(asked)


async def test_the_gpus_of_an_instance_with_a_long_name_are_found(tmp_path: Path, exporter: Exporter) -> None:
    exporter.text = CUT
    prometheus = Prometheus(tmp_path, exporter, OWN)
    asking = replace(trigger("gpuUtilization"), workload=LONG)
    async with prometheus.run(), reading(PrometheusSettings(url=prometheus.url)) as asked:

        async def found() -> bool:
            return await asked.read(asking) == pytest.approx(40)

        await eventually(found)


async def test_an_outage_is_no_data_and_is_told(tmp_path: Path, exporter: Exporter) -> None:
    prometheus = Prometheus(tmp_path, exporter, OWN)
    async with reading(PrometheusSettings(url=prometheus.url)) as asked:

        async def value() -> float | None:
            return await asked.read(trigger("gpuUtilization"))

        async def silent() -> bool:
            return await value() is None

        assert await silent()
        assert "does not answer" in problem_of(asked)
        assert not asked.problems(time.monotonic()), "a restart is no news"
        async with prometheus.run():
            await eventually(value)
            assert not problem_of(asked)
            exporter.text = None
            await eventually(silent)
            assert "Prometheus has no GPU metrics of its pods" in problem_of(asked)
            asked.rest(trigger("gpuUtilization"))
            assert not problem_of(asked), "who is idle has no pods"


async def test_what_prometheus_read_before_it_stood_still_is_no_data(
    tmp_path: Path, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferops.control.gpu.FRESH", "2s")
    prometheus = Prometheus(tmp_path, exporter, OWN)
    async with prometheus.run() as process, reading(PrometheusSettings(url=prometheus.url)) as asked:

        async def value() -> float | None:
            return await asked.read(trigger("gpuUtilization"))

        await eventually(value)
        process.send_signal(signal.SIGSTOP)
        exporter.text = render(PODS, {("team", WORKLOAD): Load(40, 40)})
        await asyncio.sleep(3)
        process.send_signal(signal.SIGCONT)
        assert await eventually(value) == pytest.approx(20), "it was 80 before"


async def test_without_a_prometheus_the_mend_is_told() -> None:
    async with reading() as asked:
        assert await asked.read(trigger("gpuMemory")) is None
        assert problem_of(asked) == "gpuMemory: no Prometheus is set; an administrator sets settings.prometheus.url."


def engine_text(waiting: int, tokens: int) -> str:
    """As vLLM writes it."""
    return (
        f'vllm:num_requests_waiting{{engine="0",model_name="m"}} {waiting}.0\n'
        f'vllm:num_requests_waiting_by_reason{{engine="0",reason="x"}} 99\n'
        f'vllm:prompt_tokens_total{{model_name="m"}} {tokens}\n'
        f'vllm:generation_tokens_total{{model_name="m"}} {tokens}\n'
    )


async def test_engines_are_asked_themselves() -> None:
    first = Exporter(engine_text(3, 1000))
    second = Exporter("sglang:num_queue_reqs 9\n", "127.0.0.2", first.port)
    replicas = [Endpoint(each.address, each.port, "eu") for each in (first, second)]
    async with first.run(), second.run(), reading(replicas=replicas) as asked:
        assert await asked.read(trigger("queue")) == 6, "the mean of both"
        assert await asked.read(trigger("tokens")) is None, "a pace needs two looks"
        assert not problem_of(asked)
        first.text = engine_text(3, 1500)
        await asyncio.sleep(1)
        assert 300 < (await asked.read(trigger("tokens")) or 0) <= 1000, "1,000 tokens in a second, and a bit"
        first.text = engine_text(3, 10)
        assert await asked.read(trigger("tokens")) is None, "it began anew"
        second.text = None
        assert await asked.read(trigger("queue")) == 3, "the one that answers speaks for both"
        first.text = "process_cpu_seconds_total 1\n"
        assert await asked.read(trigger("queue")) is None
        assert "its engine shows no vllm:num_requests_waiting or sglang:num_queue_reqs" in problem_of(asked)
        first.text = None
        assert await asked.read(trigger("queue")) is None
        assert "no replica answers at /metrics" in problem_of(asked)


async def test_without_replicas_there_is_nothing_to_know() -> None:
    async with reading() as asked:
        assert await asked.read(trigger("queue")) is None
        assert not problem_of(asked)
