"""Control comes, goes and comes back; traffic does not notice."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import yaml

from inferops.cluster.gateway_pods import STATISTICS, is_connected
from inferops.gateway.resources import VIRTUAL_HOST, Resource
from inferops.gateway.tables import virtual_host_name
from inferops.names import Manifest, instance_id
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, SEARCH_PATH, SHARED, Gateway, find_module, host_of
from tests.gateway.objects import (
    ALICE,
    ELSEWHERE,
    NAMESPACE,
    api_key,
    endpoint_slice,
    fill,
    instance,
    key_hash,
    model,
)
from tests.support.eventually import PATIENCE, eventually

WARM, COLD = host_of("warm"), host_of("cold")
REPOSITORY = Path(__file__).resolve().parents[2]


async def ask(gateway: Gateway, host: str = WARM) -> httpx.Response:
    async with gateway.client(host, ALICE) as client:
        return await client.post(CHAT, json={"model": "Tiny/Chat-1"})


async def read_stat(gateway: Gateway, name: str) -> int:
    async with gateway.client("admin") as client:
        text = (await client.get(f"http://127.0.0.1:{gateway.admin_port}/stats", params={"filter": name})).text
    return sum(int(line.split()[-1]) for line in text.splitlines())


def test_envoy_takes_the_rendered_bootstrap(idle_gateway: Gateway, envoy_binary: str) -> None:
    config = idle_gateway.folder / "envoy.yaml"
    config.write_text(idle_gateway.bootstrap())
    command = [envoy_binary, "--mode", "validate", "-c", str(config), "--log-level", "warning"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={SEARCH_PATH: find_module()})
    assert result.returncode == 0, result.stderr
    assert "deprecated" not in result.stderr.lower()


async def test_a_gateway_with_nothing_to_serve_is_ready_and_refuses(tmp_path: Path, envoy_binary: str) -> None:
    gateway = Gateway(tmp_path, envoy_binary)
    async with gateway.control(), gateway.envoy(wait=False):
        await eventually(gateway.is_ready, within=5)
        assert (await ask(gateway)).status_code == httpx.codes.UNAUTHORIZED


async def test_the_gateway_is_not_ready_before_control_has_told_it_everything(idle_gateway: Gateway) -> None:
    async with idle_gateway.envoy(wait=False):
        await asyncio.sleep(1.5)
        assert not await idle_gateway.is_ready()
        async with idle_gateway.control():
            await eventually(idle_gateway.is_ready)
            assert (await ask(idle_gateway)).status_code == 200


async def test_the_gateway_shows_its_metrics_and_nothing_else(gateway: Gateway) -> None:
    async with gateway.client("any") as client:
        url = f"http://127.0.0.1:{gateway.health_port}"
        assert "envoy_http_downstream_rq_total" in (await client.get(f"{url}/stats/prometheus")).text
        for path in ("/", "/config_dump", "/quitquitquit", "/stats"):
            assert (await client.post(url + path)).status_code == 404


async def test_the_gateway_tells_whether_it_is_connected_to_control(idle_gateway: Gateway) -> None:
    async def connected() -> bool:
        async with idle_gateway.client("any") as client:
            answer = await client.get(f"http://127.0.0.1:{idle_gateway.health_port}{STATISTICS}")
        assert answer.text.count("\n") < 5, "Envoy sends the one statistic that is asked for, not thousands"
        return is_connected(answer.text)

    async def alone() -> bool:
        return not await connected()

    async with idle_gateway.envoy(wait=False):
        async with idle_gateway.control():
            await eventually(idle_gateway.is_ready)
            assert await connected()
        await eventually(alone)


async def test_the_load_of_each_replica_is_kept_for_prefix_hash(gateway: Gateway) -> None:
    """Bounded-load hashing reads this gauge: without it nothing says so, and prefixes spread over all replicas. It is
    there from the first request on.
    """
    await ask(gateway)
    async with gateway.client("admin") as client:
        stats = (await client.get(f"http://127.0.0.1:{gateway.admin_port}/stats")).text
    assert f"cluster.{instance_id(NAMESPACE, 'warm')}.upstream_rq_active: 0" in stats


async def test_the_access_log_says_who_asked_what(gateway: Gateway) -> None:
    await ask(gateway, SHARED)
    lines = await eventually(lambda: gateway.read_log().splitlines())
    line = json.loads(lines[-1])
    assert line["client"] == "team/alice"
    assert line["instance"] == instance_id(NAMESPACE, "warm")
    assert (line["method"], line["path"], line["status"]) == ("POST", CHAT, 200)
    assert ALICE not in str(lines)


class Control:
    """Control as a process, fed by a file."""

    def __init__(self, gateway: Gateway, objects: list[Manifest]) -> None:
        self.objects = {f"{obj['kind']}/{obj['metadata']['name']}": obj for obj in objects}
        self._file = gateway.folder / "objects.yaml"
        self._addresses = [f"127.0.0.1:{gateway.xds_port}", f"127.0.0.1:{gateway.scaler_port}"]

    def put(self, *objects: Manifest) -> None:
        self.objects |= {f"{obj['kind']}/{obj['metadata']['name']}": obj for obj in objects}
        partial = self._file.with_suffix(".new")
        partial.write_text(yaml.safe_dump_all(self.objects.values()))
        partial.replace(self._file)

    @asynccontextmanager
    async def run(self) -> AsyncIterator["asyncio.subprocess.Process"]:
        """From the moment in which a gateway has connected to it."""
        self.put()
        environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}/operator:{REPOSITORY}"}
        script = str(Path(__file__).with_name("control_process.py"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, script, str(self._file), *self._addresses, env=environment, stderr=asyncio.subprocess.PIPE
        )
        try:
            assert process.stderr
            async with asyncio.timeout(60 * PATIENCE):
                while b"gateway connected" not in await process.stderr.readline():
                    pass
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def test_no_request_fails_when_control_is_killed_and_comes_back(idle_gateway: Gateway, engine: Engine) -> None:
    """Warm traffic and a stream go on; what was held, and what comes while control is away, is served."""
    gateway = idle_gateway
    control = Control(gateway, fill(engine.address, engine.port))
    statuses: list[int] = []
    done = asyncio.Event()

    async def steady() -> None:
        while not done.is_set():
            statuses.append((await ask(gateway)).status_code)
            await asyncio.sleep(0.01)

    async def stream() -> str:
        body = {"stream": True, "chunks": 40, "pause": 0.1}
        async with gateway.client(WARM, ALICE) as client, client.stream("POST", CHAT, json=body) as answer:
            return [line async for line in answer.aiter_lines() if line][-1]

    async def upload() -> int:
        async with gateway.client(COLD, ALICE) as client:
            return (await client.post("/v1/audio/transcriptions", content=b"\0" * (20 << 20))).status_code

    async with gateway.envoy(wait=False):
        async with control.run() as first:
            await eventually(gateway.is_ready)
            background = [asyncio.create_task(steady()) for _ in range(4)]
            streamed = asyncio.create_task(stream())
            held = [asyncio.create_task(ask(gateway, COLD)) for _ in range(3)]
            await asyncio.sleep(1)
            first.send_signal(signal.SIGKILL)
            await first.wait()
        held += [asyncio.create_task(ask(gateway, COLD)) for _ in range(2)]
        uploaded = asyncio.create_task(upload())
        await asyncio.sleep(1)
        async with control.run():
            await asyncio.sleep(0.5)
            assert not any(task.done() for task in [*held, uploaded])
            begun = time.monotonic()
            control.put(endpoint_slice("cold", (engine.address, engine.port, True)))
            answers = await asyncio.gather(*held)
            print(f"held over a restart: served {time.monotonic() - begun:.2f} s after the replica")
            assert [answer.status_code for answer in answers] == [200] * 5
            assert await uploaded == 200
            assert await streamed == "data: [DONE]"
            done.set()
            await asyncio.gather(*background)
    assert len(statuses) > 50
    assert set(statuses) == {200}


async def test_a_control_that_comes_back_changes_nothing(idle_gateway: Gateway, engine: Engine) -> None:
    gateway = idle_gateway
    control = Control(gateway, fill(engine.address, engine.port))
    async with gateway.envoy(wait=False):
        async with control.run():
            await eventually(gateway.is_ready)
            await ask(gateway)
            before = await read_stat(gateway, "cluster_manager.cluster_(added|modified|removed)")
        async with control.run():
            await asyncio.sleep(0.5)
            after = await read_stat(gateway, "cluster_manager.cluster_(added|modified|removed)")
    assert before == after


async def test_a_hundred_instances_at_once_are_routed_within_seconds(gateway: Gateway) -> None:
    names = [f"many-{index:03}" for index in range(100)]
    begun = time.monotonic()
    gateway.put(*(instance(name, model="tiny", auth="None", stopped=True) for name in names))

    async def routed() -> bool:
        answers = await asyncio.gather(*(ask(gateway, host_of(name)) for name in names))
        return {answer.status_code for answer in answers} == {503}

    await eventually(routed, within=5)
    print(f"100 instances routed after {time.monotonic() - begun:.2f} s")


async def test_what_a_gateway_refuses_keeps_nothing_else_from_it(gateway: Gateway) -> None:
    """A virtual host with a domain that another has: Envoy refuses all that came with it."""
    good = gateway.plane.snapshot.of(VIRTUAL_HOST)[virtual_host_name(instance_id(NAMESPACE, "warm"))]
    twin = good.name.replace("warm", "twin")
    body = good.body.replace(good.name.encode(), twin.encode())
    gateway.plane.snapshot.put([Resource(VIRTUAL_HOST, twin, "1", body)])
    gateway.put(model("later"), instance("later", model="later", auth="None", stopped=True))

    async def served() -> bool:
        return (await ask(gateway, host_of("later"))).status_code == 503

    await eventually(served)
    assert (await ask(gateway)).status_code == 200


async def test_objects_that_make_no_sense_stop_no_other(gateway: Gateway) -> None:
    broken = instance("broken", auth="None", limits={"requestTimeout": "soon"})
    huge = instance("huge", auth="None", limits={"maxRequestBytes": "9999999999Ei"})
    leap = api_key("leap", expiresAt="2026-12-31T23:59:60Z")
    odd = model("odd", servedName="*\r\n\0\u202e")
    gateway.put(broken, huge, leap, key_hash("leap", "k"), odd, instance("odd", model="odd", auth="None"))
    gateway.put(instance("fine", namespace=ELSEWHERE, auth="None", stopped=True))

    async def served() -> bool:
        return (await ask(gateway, host_of("fine", ELSEWHERE))).status_code == 503

    await eventually(served)
    assert (await ask(gateway, host_of("broken"))).status_code == 404


async def test_who_waits_to_serve_follows_what_changes_and_makes_nobody_idle(idle_gateway: Gateway) -> None:
    """Before it serves a replica works everything out, so that it serves at once; what ran meanwhile it cannot know."""
    gateway, plane = idle_gateway, idle_gateway.plane
    plane.build(datetime.now(UTC))
    run = asyncio.create_task(plane.run())
    gateway.put(instance("late", apiKeys=["alice"]), endpoint_slice("late", ("127.0.0.1", 1, True)))
    await eventually(lambda: instance_id(NAMESPACE, "late") in plane.publisher.routes)
    begun = time.monotonic()
    await plane.serve(f"127.0.0.1:{gateway.xds_port}", f"127.0.0.1:{gateway.scaler_port}")
    try:
        for name in ("late", "warm"):
            assert plane.activity.of(instance_id(NAMESPACE, name)).last_end >= begun
        async with gateway.envoy():
            assert (await ask(gateway, host_of("warm"))).status_code == 200
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await plane.close()
