"""Logs, events and explanations of real pods by REST."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.cluster import containerd, images
from dev.cluster.layout import read_layout
from dev.target import Target
from inferops.names import Manifest
from tests.e2e.world import World, eventually, instance, manage, resource
from tests.support.api_process import ApiServerProcess
from tests.support.eventually import PATIENCE

BUSYBOX = "localhost/inferops-test/logs:1"
SERVE = "mkdir -p /tmp/www && /busybox httpd -p 8080 -h /tmp/www"
COUNT = "i=0; while true; do echo line $i; i=$((i+1)); /busybox sleep 0.2; done"


@pytest.fixture(scope="module")
def busybox(local: Target, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image of nothing but busybox, on the node."""
    assert local
    archive = tmp_path_factory.mktemp("images") / "busybox.tar"
    images.write_image(archive, BUSYBOX, Path("/bin/busybox"))
    containerd.load_archives(read_layout(), [archive])
    return BUSYBOX


@pytest.fixture
def process(world: World, tmp_path: Path) -> Iterator[ApiServerProcess]:
    """The API from source, for the test's namespace."""
    settings = {"watchNamespaces": [world.namespace]}
    process = ApiServerProcess(tmp_path, Path(world.target.env["KUBECONFIG"]), settings)
    eventually(process.is_ready, within=60)
    yield process
    process.terminate()


def shell(script: str, image: str, **spec: Any) -> Manifest:
    """An instance whose container runs a script."""
    scale = spec.pop("scale", {"min": 1, "max": 1})
    regions = [{"region": "default", "scale": scale}]
    command = ["/busybox", "sh", "-c", f"{SERVE}; {script}"]
    fields = {"image": image, "hardware": "e2e-cpu", "containerPort": 8080, "command": command, "regions": regions}
    return resource("InferenceInstance", "chat", apiKeys=["e2e"], **{**fields, **spec})


@contextmanager
def follow(rest: httpx.Client, **params: Any) -> Iterator[Iterator[Manifest]]:
    """The objects of a stream."""
    with rest.stream("GET", "/instances/chat/logs", params={"follow": "true", **params}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))


def read_logs(rest: httpx.Client, **params: Any) -> list[Manifest]:
    answer = rest.get("/instances/chat/logs", params=params)
    assert answer.status_code == 200, answer.text
    lines: list[Manifest] = answer.json()
    return lines


def read_events(rest: httpx.Client, *reasons: str) -> list[Manifest]:
    """The events, once these are among them: the kubelet tells them some time later."""
    told: list[Manifest] = rest.get("/instances/chat/events").json()
    assert {event["reason"] for event in told} >= set(reasons)
    return told


def whole(lines: list[Manifest], count: int) -> list[Manifest]:
    """The lines, once there are so many."""
    assert len(lines) == count
    return lines


def test_lines_of_all_pods_come_by_time(world: World, rest: httpx.Client, busybox: str) -> None:
    world.apply(shell(COUNT, busybox, scale={"min": 2, "max": 2}))
    world.wait_phase("chat", "ACTIVE")
    lines = eventually(lambda: whole(read_logs(rest, tail=20), 20))
    regions = {region["name"]: region["id"] for region in rest.get("/regions").json()}
    assert {line["regionId"] for line in lines} <= set(regions.values())
    times = [line["time"] for line in lines]
    assert times == sorted(times)
    pods = set(world.names("pods"))
    assert {line["pod"] for line in lines} == pods
    one = min(pods)
    assert {line["pod"] for line in read_logs(rest, pod=one)} == {one}
    assert rest.get("/instances/chat/logs", params={"pod": "nobody"}).status_code == 404
    assert rest.get("/instances/chat/logs", params={"regionId": 4711}).status_code == 422
    since = (datetime.now(UTC) - timedelta(seconds=2)).isoformat()
    assert all(line["time"] >= since[:19] for line in read_logs(rest, since=since))
    assert len(read_logs(rest, since="1", tail=1000)) < 40


def test_a_follower_hears_lines_as_they_are_written_and_pods_that_come_later(
    world: World, rest: httpx.Client, busybox: str
) -> None:
    world.apply(shell(COUNT, busybox))
    world.wait_phase("chat", "ACTIVE")
    (first,) = world.names("pods")
    with follow(rest, tail=1) as lines:
        numbers = [int(next(lines)["message"].split()[1]) for _ in range(10)]
        assert numbers == list(range(numbers[0], numbers[0] + 10)), "none is lost, none comes twice"
        world.kubectl("delete", "pod", first, "--wait=false")
        later = next(line for line in lines if line["pod"] != first)
        assert later["message"] == "line 0", "of a pod that comes later, everything"


def test_a_follower_who_leaves_ends_the_watch(world: World, process: ApiServerProcess, busybox: str) -> None:
    world.apply(shell(COUNT, busybox))
    world.wait_phase("chat", "ACTIVE")
    with manage(world, process.url) as rest:
        before = count_connections(process)
        with follow(rest) as lines:
            next(lines)
            assert count_connections(process) > before
        eventually(lambda: count_connections(process) <= before, within=10)


def test_a_process_that_ends_keeps_no_follower_waiting(world: World, process: ApiServerProcess, busybox: str) -> None:
    world.apply(shell(COUNT, busybox))
    world.wait_phase("chat", "ACTIVE")
    with manage(world, process.url) as rest, follow(rest) as lines:
        next(lines)
        begun = time.monotonic()
        process.signal_end()
        assert sum(1 for _ in lines) >= 0
        assert time.monotonic() - begun < 5 * PATIENCE


def count_connections(process: ApiServerProcess) -> int:
    """Sockets: watches and logs have one each."""
    entries = (str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir() if each.is_symlink())
    return sum(entry.startswith("socket:") for entry in entries)


def test_a_stream_ends_with_its_key(world: World, rest: httpx.Client, busybox: str) -> None:
    world.apply(shell(COUNT, busybox), resource("ApiKey", "second", scopes=["manage"]))
    world.wait_phase("chat", "ACTIVE")
    rest.headers["x-api-key"] = world.key("second")
    with follow(rest) as lines:
        next(lines)
        world.kubectl("delete", "apikey", "second")
        begun = time.monotonic()
        assert sum(1 for _ in lines) >= 0
        assert time.monotonic() - begun < 5 * PATIENCE
    assert rest.get("/me").status_code == 401


def test_a_crash_is_told_by_logs_events_and_explanation(world: World, rest: httpx.Client, busybox: str) -> None:
    world.apply(shell("echo the weights are missing; exit 3", busybox))
    world.wait_phase("chat", "ERROR")
    said = "the weights are missing"
    assert said in {line["message"] for line in read_logs(rest)}
    eventually(lambda: said in {line["message"] for line in read_logs(rest, previous="true")})
    told = eventually(lambda: read_events(rest, "BackOff", "Started"))
    assert [event["time"] for event in told] == sorted((event["time"] for event in told), reverse=True)
    explained = rest.get("/instances/chat/explanation").json()
    assert not explained["ready"]
    assert explained["findings"][0]["severity"] == "failure"
    assert "exit code 3" in json.dumps(explained)


def test_an_instance_that_answers_is_explained_as_ready(world: World, rest: httpx.Client) -> None:
    world.apply(instance("chat"))
    world.wait_phase("chat", "ACTIVE")
    explained = rest.get("/instances/chat/explanation").json()
    assert explained["ready"], explained
    assert not [each for each in explained["findings"] if each["severity"] == "failure"]
    assert read_logs(rest)[0]["message"].startswith("serving e2e-engine")


def test_a_long_line_is_cut_and_a_flood_is_bounded(world: World, rest: httpx.Client, busybox: str) -> None:
    script = "/busybox head -c 300000 /dev/zero | /busybox tr '\\0' x; echo; echo end; /busybox sleep 3600"
    world.apply(shell(script, busybox))
    world.wait_phase("chat", "ACTIVE")
    lines = eventually(lambda: [each for each in read_logs(rest) if each["message"] == "end"] and read_logs(rest))
    assert max(len(line["message"]) for line in lines) <= 16384


def test_an_update_is_waited_for(world: World, rest: httpx.Client) -> None:
    world.apply(instance("chat"))
    answer = rest.patch("/instances/chat", json={"description": "d"}, params={"wait": "true", "timeout": 25})
    assert (answer.status_code, answer.json()["status"]) == (200, "ACTIVE")
    assert rest.post("/instances/chat/stop", params={"wait": "true", "timeout": 25}).status_code == 204
    assert rest.get("/instances/chat").json()["status"] == "DISABLED"
    assert rest.post("/instances/chat/start", params={"wait": "true", "timeout": 29}).status_code == 204
    assert rest.get("/instances/chat").json()["status"] == "ACTIVE"
