"""Ten thousand instances and keys: `inferops control` as its real process on a real API server, and a real Envoy.

Times run from the API server's answer to whoever changed something until the gateway behaves so.
"""

import asyncio
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from bench.gateway.wire import SOURCE, Ask, run_load
from bench.go_programs import build_program
from bench.operator.fleet import create_instances
from bench.operator.processes import read_memory
from inferops.cluster.client import Client, Scope
from inferops.cluster.connection import read_connection
from inferops.names import API_VERSION, SYSTEM_NAMESPACE, Manifest
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, find_envoy, host_of
from tests.gateway.objects import DOMAIN, api_key, endpoint_slice, instance, key_hash
from tests.gateway.replica import fresh
from tests.support.apiserver import start_apiserver
from tests.support.crds import install_crds
from tests.support.eventually import eventually
from tests.support.ports import find_free_ports

NAMESPACES = 10
WITHIN = 300.0
PAUSE = 0.3
"""Seconds between changes."""
MIB = 2**20
LOAD_SECONDS = 5.0


class Place(NamedTuple):
    """Where the engines of the fleet answer."""

    address: str
    port: int


def name_of(number: int) -> tuple[str, str]:
    """Namespace and name of an instance and of its key."""
    return f"team-{number % NAMESPACES}", f"chat-{number:05}"


def build_instance(number: int) -> Manifest:
    """One that its own key opens."""
    namespace, name = name_of(number)
    given: dict[str, Any] = {"image": "example.com/engine:1", "containerPort": 8000, "apiKeys": [name]}
    manifest = fresh(instance(name, namespace=namespace, **given), namespace)
    del manifest["spec"]["model"]
    return manifest


def build_key(number: int, **spec: object) -> Manifest:
    """Its key."""
    namespace, name = name_of(number)
    return fresh(api_key(name, namespace=namespace, **spec), namespace)


def build_hash(number: int, uid: str) -> Manifest:
    """The hash of its key; `uid` is the ApiKey's."""
    namespace, name = name_of(number)
    manifest = fresh(key_hash(name, f"sk-{number}", namespace=namespace), namespace)
    owner = {"apiVersion": API_VERSION, "kind": "ApiKey", "name": name, "uid": uid, "controller": True}
    manifest["metadata"]["ownerReferences"] = [owner]
    return manifest


def build_slice(number: int, place: Place) -> Manifest:
    """Its one replica."""
    namespace, name = name_of(number)
    return fresh(endpoint_slice(name, (place.address, place.port, True), namespace=namespace), namespace)


async def create_fleet(client: Client, numbers: range, place: Place | None) -> None:
    """Everything that control reads of these instances; without a place they have no replica."""
    await create_instances(client, map(build_key, numbers))
    listed, _ = await client.read_list("ApiKey", Scope())
    uids = {each["metadata"]["name"]: each["metadata"]["uid"] for each in listed}

    def rest() -> Iterator[Manifest]:
        for number in numbers:
            yield build_hash(number, uids[name_of(number)[1]])
            yield build_instance(number)
            if place:
                yield build_slice(number, place)

    await create_instances(client, rest())


class Fleet:
    """The gateway in front of the fleet, and one who asks and changes."""

    def __init__(self, gateway: Gateway, client: Client) -> None:
        self._gateway = gateway
        self._client = client

    def headers(self, number: int) -> dict[str, str]:
        """Those of a request to an instance."""
        namespace, name = name_of(number)
        return {"host": host_of(name, namespace), "authorization": f"Bearer sk-{number}"}

    async def status(self, number: int) -> int:
        """What a request is answered with."""
        namespace, name = name_of(number)
        async with self._gateway.client(host_of(name, namespace), f"sk-{number}") as http:
            return (await http.post(CHAT, json={})).status_code

    async def time_change(self, manifest: Manifest, done: Callable[[], Awaitable[bool]]) -> float:
        """Seconds from the API server's answer until it is done."""
        await self._client.apply(manifest, manager="bench")
        begun = time.monotonic()
        await eventually(done, within=WITHIN, interval=0.001)
        seconds = time.monotonic() - begun
        await asyncio.sleep(PAUSE)
        return seconds

    async def measure_new(self, numbers: range, place: Place) -> list[float]:
        """Instances that are known get their first endpoint."""
        await create_fleet(self._client, numbers, None)
        await asyncio.sleep(1)
        return [
            await self.time_change(build_slice(number, place), partial(self._is, number, 200)) for number in numbers
        ]

    async def measure_endpoints(self, numbers: range, engine: Engine) -> list[float]:
        """Replicas that move to another engine."""
        place, times = Place(engine.address, engine.port), list[float]()
        for number in numbers:
            known = len(engine.seen)

            async def moved(number: int = number, known: int = known) -> bool:
                await self.status(number)
                return len(engine.seen) > known

            times.append(await self.time_change(build_slice(number, place), moved))
        return times

    async def measure_revocations(self, numbers: range) -> list[float]:
        """Keys that are disabled."""
        return [
            await self.time_change(build_key(number, disabled=True), partial(self._is, number, 401))
            for number in numbers
        ]

    async def measure_load(self, number: int) -> float:
        """Requests per second to one instance."""
        return (await run_load(self._gateway.port, self.headers(number), Ask(seconds=LOAD_SECONDS))).rps

    async def answers(self, number: int) -> bool:
        """Whether an instance does."""
        with suppress(httpx.TransportError):
            return await self._is(number, 200)
        return False

    async def _is(self, number: int, status: int) -> bool:
        return await self.status(number) == status


@asynccontextmanager
async def run_control(gateway: Gateway, kubeconfig: Path) -> AsyncIterator[int]:
    """`inferops control`, once it serves; yields its pid."""
    (port,) = find_free_ports(1)
    settings = {
        "gateway": {"domain": DOMAIN, "xdsPort": gateway.xds_port},
        "scaler": {"port": gateway.scaler_port},
        "healthPort": port,
    }
    path = gateway.folder / "settings.yaml"
    path.write_text(yaml.safe_dump(settings))
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "INFEROPS_SETTINGS": str(path)}
    command = [sys.executable, "-m", "inferops", "control", "--identity", "bench", "--log-format", "plain"]
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        async with httpx.AsyncClient() as http:

            async def serves() -> bool:
                with suppress(httpx.TransportError):
                    return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == httpx.codes.OK
                return False

            await eventually(serves, within=WITHIN)
        yield process.pid
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def run_wire(address: str) -> AsyncIterator[Place]:
    """The upstream of bench/gateway/wire, at an address that EndpointSlices may have."""
    process = await asyncio.create_subprocess_exec(
        build_program(SOURCE), "upstream", "-address", f"{address}:0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout  # noqa: S101  asked for
        yield Place(address, int((await process.stdout.readline()).decode().rpartition(":")[2]))
    finally:
        process.kill()
        await process.wait()


async def measure_scale(folder: Path, count: int, changes: int, say: Callable[[str], None]) -> dict[str, float]:
    """All of it, by the names that docs/benchmarks.md explains."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(start_apiserver(folder))
        install_crds(server)
        for namespace in [SYSTEM_NAMESPACE, *(f"team-{number}" for number in range(NAMESPACES))]:
            server.http.post("/api/v1/namespaces", json={"metadata": {"name": namespace}}).raise_for_status()
        os.environ["KUBECONFIG"] = str(server.kubeconfig)
        client = await stack.enter_async_context(Client(read_connection(server.context)))
        place = await stack.enter_async_context(run_wire(find_address()))
        await create_fleet(client, range(1), place)
        alone = await measure_alone(folder / "alone", server.kubeconfig, client)
        begun = time.monotonic()
        await create_fleet(client, range(1, count), place)
        say(f"{count} instances created in {time.monotonic() - begun:.0f} s")
        return await measure_fleet(folder / "fleet", server.kubeconfig, client, (place, count, changes, alone))


async def measure_alone(folder: Path, kubeconfig: Path, client: Client) -> float:
    """Requests per second where there is but one instance."""
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs
    gateway = Gateway(folder, find_envoy())
    fleet = Fleet(gateway, client)
    async with run_control(gateway, kubeconfig), gateway.envoy():
        await eventually(lambda: fleet.answers(0), within=WITHIN)
        return await fleet.measure_load(0)


async def measure_fleet(
    folder: Path, kubeconfig: Path, client: Client, given: tuple[Place, int, int, float]
) -> dict[str, float]:
    """With all of them: a start, changes, load."""
    place, count, changes, alone = given
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs
    gateway, begun = Gateway(folder, find_envoy()), time.monotonic()
    fleet = Fleet(gateway, client)
    async with run_control(gateway, kubeconfig) as control, gateway.envoy(wait=False) as envoy:
        started = time.monotonic() - begun
        await eventually(lambda: fleet.answers(count - 1), within=WITHIN)
        served, load = time.monotonic() - begun, await fleet.measure_load(0)
        async with Engine("other", place.address) as engine:
            moved = await fleet.measure_endpoints(range(100, 100 + changes), engine)
        new = await fleet.measure_new(range(count, count + changes), place)
        revoked = await fleet.measure_revocations(range(200, 200 + changes))
        return {
            "control_start_s_10000": round(started, 1),
            "gateway_serves_s_10000": round(served, 1),
            "control_rss_mb_10000": read_memory(control)[0],
            "rss_mib_10000": round(read_memory(envoy.pid)[0] * 10**6 / MIB),
            "new_instance_s_10000": round(statistics.median(new), 3),
            "endpoint_change_ms_10000": round(1000 * statistics.median(moved), 1),
            "key_revoke_ms_10000": round(1000 * statistics.median(revoked), 1),
            "throughput_ratio_10000": round(load / alone, 3),
        }


def find_address() -> str:
    """One of this machine that is not loopback. Raises OSError where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing, chooses a route
        address: str = probe.getsockname()[0]
        return address
