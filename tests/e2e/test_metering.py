"""What pods used is in the ledger, whatever was killed meanwhile: to the token, as the engine tells it."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.scaling.processes import find_in_pods
from bench.scaling.vllm import REFERENCE
from dev.demo.__main__ import EXAMPLES
from dev.demo.engine_image import push_engine_image
from tests.e2e.scaling import LONG
from tests.e2e.world import GATEWAY, SYSTEM, TLS, Manifest, World, eventually, install_shared, instance, resource
from tests.support.usage_load import LONGEST, Crowd, Heard, Kind, Request, plan_requests
from tests.support.usage_truth import Differences, Used, compare, compare_hours, read_produced, read_stored

REQUESTS, CLIENTS = 20_000, 32
OF_VLLM = 400
TEXT = {Kind.WHOLE: 50, Kind.STREAM: 30, Kind.BROKEN: 20}
ROUNDS, BETWEEN = 2, 10.0
"""How often each is killed, and seconds between two kills."""
PARTS = {"meter": "inferops meter", "control": "inferops control", "gateway": "envoy", "ledger": "inferops ledger"}
"""What is killed: components of the chart, and how the command of their process begins or is called."""
pytestmark = [
    pytest.mark.destructive,
    pytest.mark.usefixtures("local", "whole_again"),
    pytest.mark.skipif(not LONG, reason="Kubernetes takes minutes to start again what was killed often: LONG=1"),
]


@pytest.fixture
def whole_again(world: World) -> Iterator[None]:
    """Kubernetes lets what was killed often wait before it starts it again."""
    yield
    world.kubectl("wait", "-n", SYSTEM, "--for=condition=Ready", "pod", "--all", "--timeout=400s")


def test_whatever_is_killed_the_ledger_has_what_the_engine_tells(world: World, rest: httpx.Client) -> None:
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask_many, status, key, plan_requests(REQUESTS, Random(8)))  # noqa: S311  no secret
        kill_in_turn(world, asked)
        heard = asked.result()
    differences = eventually(lambda: find_all_stored(world, rest, heard), within=120, every=2)
    print(f"{dict(heard.statuses)} {differences}")
    assert heard.statuses[200] > REQUESTS * 0.8
    assert differences.exact, str(differences)


def test_of_real_vllm_the_ledger_has_what_the_answers_told(world: World, rest: httpx.Client) -> None:
    install_vllm(world)
    world.apply(instance("chat", "e2e-vllm", registry="private"))
    status, key = world.wait_phase("chat", "ACTIVE", within=600), world.key("e2e")
    world.wait_routable(status, key)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask_many, status, key, plan_requests(OF_VLLM, Random(8), TEXT))  # noqa: S311  no secret
        kill_in_turn(world, asked)
        heard = asked.result()

    def stored() -> dict[str, Used]:
        found = {each.id: each for each in read_stored(export(rest, "records"))}
        assert not heard.used.keys() - found.keys()
        return found

    found = eventually(stored, within=120, every=2)
    (pod,) = world.read_all("pods")
    produced = read_counters(ask_pod(pod, "/metrics"))
    assert {each: (found[each].prompt, found[each].completion) for each in heard.whole} == {
        each: heard.used[each] for each in heard.whole
    }
    for each in heard.broken:
        assert found[each].prompt == heard.used[each][0]
        assert heard.used[each][1] <= (found[each].completion or 0) <= LONGEST
    assert sum(each.completion or 0 for each in found.values()) <= produced["vllm:generation_tokens_total"]
    print(f"{heard.statuses} {len(heard.broken)=} {produced} {sum(each.completion or 0 for each in found.values())=}")
    assert len(heard.broken) > OF_VLLM / 10


def install_vllm(world: World) -> None:
    """The demo's, on a CPU."""
    push_engine_image()
    world.kubectl("apply", "-f", str(EXAMPLES / "2-registry.yaml"))
    hardware = resource("Hardware", "e2e-vllm-cpu", cpu="250m", memory="3Gi", pricePerHour="0.10")
    model = {"engine": "vLLM", "image": REFERENCE, "source": "file:///models/tiny-chat", "features": ["chat"]}
    arguments = {"args": ["--max-model-len", "1024"], "defaultHardware": "e2e-vllm-cpu"}
    install_shared(world.target, hardware, resource("Model", "e2e-vllm", **model, **arguments))


def read_counters(text: str) -> dict[str, float]:
    """Metrics of an engine, by name."""
    families = text_string_to_metric_families(text)
    return {sample.name: sample.value for family in families for sample in family.samples}


def ask_many(status: Manifest, key: str, requests: Iterable[Request]) -> Heard:
    """All of them."""
    headers = {"host": urlsplit(status["address"]).netloc, "x-api-key": key}
    return asyncio.run(Crowd(GATEWAY, headers, CLIENTS).ask_all(requests, pause=0.2))


def kill_in_turn(world: World, asked: "Future[Heard]") -> None:
    """Each part, while somebody asks; not more often, since Kubernetes starts it later each time."""
    for component in [*PARTS] * ROUNDS:
        eventually(partial(kill, world, component))
        time.sleep(BETWEEN)
        assert not asked.done(), "all was over before all were killed"


def kill(world: World, component: str) -> int:
    """kill -9 of one part's processes, in whichever pods they are; how many there were. Kubernetes has seen it then."""
    pods, before, killed = read_parts(world), read_containers(world), 0
    for pid in find_in_pods([pod["metadata"]["uid"] for pod in pods]):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if f"/{PARTS[component]} " in f"/{command} ":
                os.kill(pid, signal.SIGKILL)
                killed += 1
        except (FileNotFoundError, ProcessLookupError):
            continue
    if killed:
        eventually(lambda: read_containers(world) != before, within=30)
    return killed


def read_parts(world: World) -> list[Manifest]:
    """Pods of the chart."""
    return world.reader.read_all("pods", SYSTEM, f"app.kubernetes.io/part-of={SYSTEM.removesuffix('-system')}")


def read_containers(world: World) -> list[tuple[str, list[str]]]:
    """Each with its states' names, as Kubernetes knows them now."""
    statuses = [
        each
        for pod in read_parts(world)
        for kind in ("initContainerStatuses", "containerStatuses")
        for each in pod["status"].get(kind, ())
    ]
    return sorted((each["containerID"], list(each["state"])) for each in statuses)


def find_all_stored(world: World, rest: httpx.Client, heard: Heard) -> Differences:
    """Once the ledger lacks nothing."""
    produced = [use for pod in world.read_all("pods") for use in read_produced(ask_pod(pod, "/produced"))]
    stored = read_stored(export(rest, "records"))
    differences = compare(produced, stored, heard.used)
    assert not differences.lost, str(differences)
    differences.rolled_up = compare_hours(stored, export(rest, "hours"))
    return differences


def ask_pod(pod: Manifest, path: str) -> str:
    """What its engine answers."""
    port = pod["spec"]["containers"][0]["ports"][0]["containerPort"]
    return httpx.get(f"http://{pod['status']['podIP']}:{port}{path}", verify=TLS, timeout=30).text


def export(rest: httpx.Client, what: str) -> list[Manifest]:
    """All that the ledger has of this namespace; AssertionError while something on the way to it is away."""
    try:
        answer = rest.get("/usage/export", params={"format": "jsonl", "what": what})
    except httpx.TransportError as error:
        raise AssertionError(str(error)) from None
    assert answer.is_success, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]
