"""What pods used is in the ledger, whatever was killed meanwhile: to the token, as the engine tells it."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx
import pytest

from bench.scaling.processes import find_in_pods
from tests.e2e.scaling import LONG
from tests.e2e.world import GATEWAY, SYSTEM, TLS, Manifest, World, eventually, instance, resource
from tests.support.usage_load import Crowd, Heard, plan_requests
from tests.support.usage_truth import Differences, compare, compare_hours, read_produced, read_stored

REQUESTS, CLIENTS = (20_000, 32) if LONG else (1_500, 16)
BETWEEN = 10.0 if LONG else 4.0
"""Seconds between two kills."""
PARTS = {"meter": "inferops meter", "control": "inferops control", "gateway": "envoy", "ledger": "inferops ledger"}
"""What is killed: components of the chart, and how the command of their process begins or is called."""
pytestmark = [pytest.mark.destructive, pytest.mark.usefixtures("local")]


@pytest.fixture
def rest(world: World) -> Iterator[httpx.Client]:
    """The REST API with a key that manages the world's namespace."""
    world.apply(resource("ApiKey", "manager", scopes=["manage"]))
    headers = {"x-api-key": world.key("manager")}
    with httpx.Client(base_url=f"{GATEWAY}/ai-inference", headers=headers, verify=TLS, timeout=60) as http:
        eventually(lambda: http.get("/me").is_success, within=10)
        yield http


def test_whatever_is_killed_the_ledger_has_what_the_engine_tells(world: World, rest: httpx.Client) -> None:
    world.apply(instance("chat"))
    status, key = world.wait_phase("chat", "ACTIVE"), world.key("e2e")
    world.wait_routable(status, key)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask_many, status, key)
        kill_in_turn(world, asked)
        heard = asked.result()
    differences = eventually(lambda: find_all_stored(world, rest), within=120, every=2)
    print(f"{heard.statuses} {differences.requests=} {len(differences.unknown)=} {differences.unheard=}")
    assert heard.statuses[200] > REQUESTS * 0.8
    assert differences.exact, differences


def ask_many(status: Manifest, key: str) -> Heard:
    """Requests of all kinds."""
    headers = {"host": urlsplit(status["address"]).netloc, "x-api-key": key}
    crowd = Crowd(GATEWAY, headers, CLIENTS)
    return asyncio.run(crowd.ask_all(plan_requests(REQUESTS, Random(8)), pause=0.2))  # noqa: S311  no secret


def kill_in_turn(world: World, asked: "Future[Heard]") -> None:
    """Again and again, for as long as somebody asks."""
    kills = 0
    while not asked.done():
        component = list(PARTS)[kills % len(PARTS)]
        assert kill(world, component), f"nothing of {component} runs"
        kills += 1
        time.sleep(BETWEEN)
    assert kills >= len(PARTS)


def kill(world: World, component: str) -> int:
    """kill -9 of one part's processes, in whichever pods they are; how many there were."""
    pods = world.reader.read_all("pods", SYSTEM, f"app.kubernetes.io/part-of={SYSTEM.removesuffix('-system')}")
    killed = 0
    for pid in find_in_pods([pod["metadata"]["uid"] for pod in pods]):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if f"/{PARTS[component]} " in f"/{command} ":
                os.kill(pid, signal.SIGKILL)
                killed += 1
        except (FileNotFoundError, ProcessLookupError):
            continue
    return killed


def find_all_stored(world: World, rest: httpx.Client) -> Differences:
    """Once the ledger lacks nothing."""
    produced = [use for pod in world.read_all("pods") for use in read_produced(ask_engine(pod))]
    stored = read_stored(export(rest, "records"))
    differences = compare(produced, stored)
    assert not differences.lost, f"{len(differences.lost)} of {len(produced)} are not stored"
    differences.rolled_up = compare_hours(stored, export(rest, "hours"))
    return differences


def ask_engine(pod: Manifest) -> str:
    """What it produced."""
    port = pod["spec"]["containers"][0]["ports"][0]["containerPort"]
    return httpx.get(f"http://{pod['status']['podIP']}:{port}/produced", verify=TLS, timeout=30).text


def export(rest: httpx.Client, what: str) -> list[Manifest]:
    """All that the ledger has of this namespace."""
    answer = rest.get("/usage/export", params={"format": "jsonl", "what": what})
    assert answer.is_success, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]
