"""Rollouts on real pods: nothing is lost, nothing waits for a GPU that nobody frees."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.cluster import containerd
from dev.cluster.layout import Layout
from dev.cluster.progress import ClusterError
from dev.images.catalog import RECIPES, build_image
from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from inferops.names import INSTANCE_LABEL, Manifest, instance_id, region_name
from tests.cluster.accelerators import build_gpu, offer
from tests.cluster.here import Here
from tests.cluster.manifests import fetch
from tests.cluster.timeline import Timeline
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess

GPUS = 8
COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
ANSWER = "echo hello > /tmp/index.html; /busybox httpd -f -p 8080 -h /tmp & trap 'exit 0' TERM; wait"


@pytest.fixture
async def client(operator_here: Here, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """The cluster's API server, for watches."""
    monkeypatch.setenv("KUBECONFIG", str(operator_here.kubectl.kubeconfig))
    async with Client(read_connection()) as client:
        yield client


@pytest.fixture(scope="module")
def engine(layout: Layout) -> str:
    """The small engine's image, on the node."""
    image = build_image(RECIPES["engine"])
    containerd.load_archives(layout, [image.archive])
    return image.reference


def build_spec(here: Here, image: str, count: int = 1, **changes: Any) -> Manifest:
    """`count` replicas of a shell script."""
    scale = {"min": count, "max": count, "triggers": {"cpu": {"threshold": 80}}}
    given = {
        "image": image,
        "command": ["/busybox", "sh", "-c", ANSWER],
        "containerPort": 8080,
        "hardware": here.named("cpu"),
        "auth": "None",
        "rollout": {"drainSeconds": 0},
        "regions": [{"region": here.named("here"), "scale": scale}],
    }
    return given | changes


def change_env(spec: Manifest) -> Manifest:
    """A change that only new pods can have."""
    return {**spec, "env": [{"name": "CHANGED", "value": secrets.token_hex(4)}]}


def use_gpus(here: Here, count: int) -> str:
    """A Hardware with so many GPUs."""
    spec = {"cpu": "10m", "memory": "32Mi", "gpu": build_gpu(here, count)}
    here.write("Hardware", here.named(f"gpu-{count}"), spec)
    return here.named(f"gpu-{count}")


def read_deployment(here: Here, name: str) -> Manifest:
    found: Manifest = here.read("Deployment", region_name(here.namespace, name, here.named("here")))
    return found


def is_rolled_out(here: Here, name: str, count: int) -> bool:
    """Whether all pods are as the newest spec says and answer (kubectl rollout status), and the instance says so."""
    instance, deployment = here.read("InferenceInstance", name), read_deployment(here, name)
    status = deployment["status"]
    seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
    settled = here.read_condition(name, "Progressing").get("reason") == "Settled"
    looked = instance["status"].get("observedGeneration") == instance["metadata"]["generation"]
    counts = [status.get(field, 0) for field in COUNTS]
    return seen and looked and settled and counts == [count] * len(COUNTS)


async def roll_out(here: Here, name: str, spec: Manifest, count: int, within: float = 120) -> None:
    """Write it, and wait until it is true."""
    here.write("InferenceInstance", name, spec)
    await eventually(lambda: is_there(here, name), within=30, interval=0.5)
    await eventually(lambda: is_rolled_out(here, name, count), within=within, interval=0.5)


def is_there(here: Here, name: str) -> bool:
    return bool(read_deployment(here, name))


def read_uids(here: Here, name: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in here.read("Pod", **{INSTANCE_LABEL: name})}


async def remove(here: Here, name: str) -> None:
    here.kubectl.run("delete", "inf", name, f"--namespace={here.namespace}")
    await eventually(lambda: not read_uids(here, name), within=60, interval=0.5)


@pytest.fixture(scope="module")
def gpus(operator_here: Here) -> Iterator[None]:
    """The node offers them to these tests."""
    with offer(operator_here, GPUS):
        yield


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(("replicas", "each"), [(4, 2), (1, 8)])
async def test_a_node_whose_gpus_are_all_taken_takes_a_new_image_without_one_more(
    operator_here: Here, client: Client, layout: Layout, busybox: str, replicas: int, each: int
) -> None:
    assert replicas * each == GPUS
    here, name = operator_here, f"full-{replicas}"
    spec = build_spec(here, busybox, replicas, hardware=use_gpus(here, each))
    await roll_out(here, name, spec, replicas, within=180)
    newer = f"localhost/inferops-test/busybox:{here.namespace}-{replicas}"
    containerd.run_ctr(layout, "images", "tag", busybox, newer)
    async with Timeline(client, here.namespace, name) as timeline:
        await roll_out(here, name, {**spec, "image": newer}, replicas, within=180)
    assert max(moment.alive for moment in timeline.moments) == replicas, timeline.tell()
    assert min(moment.ready for moment in timeline.moments) >= replicas - 1, timeline.tell()
    assert len(timeline.uids) == 2 * replicas
    pods = here.read("Pod", **{INSTANCE_LABEL: name})
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {newer}
    await remove(here, name)


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("strategy", "gpus", "surges"), [("Auto", 0, True), ("Auto", 1, False), ("Surge", 1, True), ("Recreate", 0, False)]
)
async def test_a_strategy_does_what_its_description_says(
    operator_here: Here, client: Client, busybox: str, strategy: str, gpus: int, *, surges: bool
) -> None:
    here, name = operator_here, f"{strategy.lower()}-{gpus}"
    hardware = use_gpus(here, gpus) if gpus else here.named("cpu")
    rollout = {"strategy": strategy, "drainSeconds": 0}
    spec = build_spec(here, busybox, 2, hardware=hardware, rollout=rollout)
    await roll_out(here, name, spec, 2)
    async with Timeline(client, here.namespace, name) as timeline:
        await roll_out(here, name, change_env(spec), 2)
    most, least = max(moment.alive for moment in timeline.moments), min(moment.ready for moment in timeline.moments)
    assert (most, least) == ((3, 2) if surges else (2, 1)), timeline.tell()
    await remove(here, name)


async def test_an_ending_pod_loses_its_requests_first_and_answers_meanwhile(
    operator_here: Here, client: Client, busybox: str
) -> None:
    here = operator_here
    spec = build_spec(here, busybox)
    await roll_out(here, "drained", spec, 1)
    (pod,) = here.read("Pod", **{INSTANCE_LABEL: "drained"})
    address = pod["status"]["podIP"]
    async with Timeline(client, here.namespace, "drained") as timeline:
        await eventually(lambda: address in timeline.endpoints)
        here.kubectl.run("delete", "pod", pod["metadata"]["name"], f"--namespace={here.namespace}", "--wait=false")
        await eventually(lambda: not timeline.endpoints[address][-1]["ready"], within=4, interval=0.02)
        assert timeline.endpoints[address][-1] == {"ready": False, "serving": True, "terminating": True}
        assert await asyncio.to_thread(fetch, f"http://{address}:8080/") == "hello"
    await remove(here, "drained")


async def test_a_stream_that_began_before_an_update_is_answered_to_its_end(operator_here: Here, engine: str) -> None:
    here = operator_here
    model = {"engine": "vLLM", "image": engine, "source": "file:///none", "servedName": "m", "features": ["chat"]}
    here.write("Model", here.named("small"), {**model, "defaultHardware": here.named("cpu")})
    scale = {"min": 1, "max": 1, "triggers": {"cpu": {"threshold": 80}}}
    spec: Manifest = {
        "model": here.named("small"),
        "auth": "None",
        "env": [{"name": "ENGINE_TOKEN_DELAY", "value": "500ms"}],
        "rollout": {"strategy": "Recreate", "drainSeconds": 30},
        "regions": [{"region": here.named("here"), "scale": scale}],
    }
    await roll_out(here, "stream", spec, 1)
    (pod,) = here.read("Pod", **{INSTANCE_LABEL: "stream"})
    url = f"http://{pod['status']['podIP']}:8000/v1/chat/completions"
    question = {"model": "m", "stream": True, "max_tokens": 24, "messages": [{"role": "user", "content": "count"}]}
    lines: list[str] = []
    async with httpx.AsyncClient(timeout=60) as http, http.stream("POST", url, json=question) as answer:
        assert answer.status_code == httpx.codes.OK, await answer.aread()
        async for line in answer.aiter_lines():
            if not lines:
                here.write("InferenceInstance", "stream", {**spec, "args": ["--max-model-len", "2048"]})
            lines += [line] if line else []
    told = [part.get("metadata", {}).get("deletionTimestamp") for part in read_all(here, "stream")]
    assert any(told), "the update did not end the pod while it was answering"
    assert lines[-1] == "data: [DONE]"
    assert len(lines) > 20
    await eventually(lambda: is_rolled_out(here, "stream", 1), within=120, interval=0.5)
    await remove(here, "stream")


def read_all(here: Here, name: str) -> list[Manifest]:
    found: list[Manifest] = here.read("Pod", **{INSTANCE_LABEL: name})
    return found


async def test_an_eviction_waits_for_the_disruption_budget(operator_here: Here, busybox: str) -> None:
    here = operator_here
    await roll_out(here, "evicted", build_spec(here, busybox, 2), 2)
    first, second = sorted(pod["metadata"]["name"] for pod in read_all(here, "evicted"))
    await eventually(lambda: read_budget(here)["status"].get("disruptionsAllowed") == 1, within=20)
    evict(here, first)
    with pytest.raises(ClusterError, match="disruption budget"):
        evict(here, second)
    await eventually(lambda: read_budget(here)["status"].get("disruptionsAllowed") == 1, within=60, interval=0.5)
    evict(here, second)
    await eventually(lambda: is_rolled_out(here, "evicted", 2), within=60, interval=0.5)
    await remove(here, "evicted")


def read_budget(here: Here) -> Manifest:
    found: Manifest = here.read("PodDisruptionBudget", instance_id(here.namespace, "evicted"))
    return found


def evict(here: Here, pod: str) -> None:
    """As `kubectl drain` does it."""
    path = f"/api/v1/namespaces/{here.namespace}/pods/{pod}/eviction"
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": here.namespace}}
    here.kubectl.run("create", "--raw", path, "--filename=-", text=json.dumps(eviction))


async def test_what_pods_do_not_read_restarts_none(operator_here: Here, busybox: str) -> None:
    here = operator_here
    spec = build_spec(here, busybox)
    await roll_out(here, "calm", spec, 1)
    before, template = read_uids(here, "calm"), read_deployment(here, "calm")["spec"]["template"]
    scale = {"min": 1, "max": 3, "cooldownPeriod": 30, "triggers": {"cpu": {"threshold": 70}}}
    changes = {
        "description": "the same pods",
        "podLifetime": 600,
        "auth": "ApiKey",
        "apiKeys": ["absent"],
        "limits": {"requestTimeout": 30, "maxHeldRequests": 5},
        "loadBalancing": "PrefixHash",
        "ingress": {"host": f"{here.namespace}.example.com", "annotations": {"a": "b"}},
        "regions": [{"region": here.named("here"), "scale": scale}],
    }
    for field, value in changes.items():
        spec = {**spec, field: value}
        here.write("InferenceInstance", "calm", spec)
    await eventually(lambda: is_looked_at(here, "calm"), within=30)
    await eventually(lambda: is_rolled_out(here, "calm", 1), within=30)
    assert read_uids(here, "calm") == before
    assert read_deployment(here, "calm")["spec"]["template"] == template
    await remove(here, "calm")


def is_looked_at(here: Here, name: str) -> bool:
    instance = here.read("InferenceInstance", name)
    return bool(instance["status"].get("observedGeneration") == instance["metadata"]["generation"])


async def test_an_operator_that_is_installed_anew_restarts_none(
    operator_here: Here, busybox: str, tmp_path: Path
) -> None:
    here = operator_here
    if here.operator is None:
        pytest.skip("the installed operator is not ours to end")
    await roll_out(here, "stays", build_spec(here, busybox, 2), 2)
    before, deployment = read_uids(here, "stays"), read_deployment(here, "stays")
    here.operator.terminate()
    here.kubectl.run("delete", "lease", "inferops-operator", f"--namespace={here.namespace}")
    settings = {"namespace": here.namespace, "watchNamespaces": [here.namespace]}
    again = await asyncio.to_thread(OperatorProcess, tmp_path, here.kubectl.kubeconfig, settings, "again")
    try:
        await again.wait_leading()
        await again.quiesce()
        writes = {kind: count for kind, count in (await again.read_writes()).items() if count}
        assert not writes.keys() - {"Region"}, "a converged namespace was written to"  # a Region tells of all pods
    finally:
        again.terminate()
    assert read_uids(here, "stays") == before
    assert read_deployment(here, "stays")["metadata"]["generation"] == deployment["metadata"]["generation"]
