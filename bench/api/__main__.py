"""How fast and how frugal the REST API is, on an etcd and an API server of its own: `make bench-api`.

Prints what it does to stderr and, last, a JSON line to stdout; docs/benchmarks.md says what each number means.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.api.fleet import create_fleet, make_manager
from bench.api.load import Load, measure_load, measure_one_by_one
from bench.operator.processes import read_cpu, read_memory
from bench.operator.world import start_world
from inferops.cluster.client import Client
from tests.support.api_process import ApiServerProcess
from tests.support.apiserver import ApiServer
from tests.support.eventually import eventually

LISTS, POSTS, READS = 300, 200, 500
TEAM = "team-0"
"""The namespace whose key asks."""


def main() -> None:
    """All measurements, one after the other."""
    parser = argparse.ArgumentParser(prog="bench.api")
    parser.add_argument("--seconds", type=int, default=30, help="of sustained load")
    parser.add_argument("--rate", type=int, default=200, help="requests a second meanwhile")
    parser.add_argument("--fleet", type=int, default=10_000, help="instances for the memory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        result = asyncio.run(measure(Path(temporary) / "world", arguments))
    print(json.dumps(result))


async def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """The numbers by name."""
    async with start_world(folder) as (server, client):
        key = await make_manager(client, TEAM)
        await create_fleet(client, 1000, lambda _: TEAM, "chat")
        async with start_api(server, folder) as process, open_session(process, key) as http:
            result = await measure_speed(http)
            before = read_cpu(process.pid)
            load = await measure_load(http, arguments.rate, arguments.seconds)
            cpu = (read_cpu(process.pid) - before) / (arguments.rate * arguments.seconds)
            say(f"{arguments.rate} requests/s: {load}, {cpu * 1000:.2f} ms of CPU for each")
        result |= describe(load) | {"cpu_ms_per_request": round(cpu * 1000, 2)}
        rest = arguments.fleet - await count(client)
        await create_fleet(client, rest, lambda number: f"team-{number % 9 + 1}", "other")
        async with start_api(server, folder) as process, open_session(process, key) as http:
            await measure_load(http, arguments.rate, 5)
            rss, peak = read_memory(process.pid)
            lists = await measure_one_by_one(LISTS, lambda _: ask(http, "GET", "/instances"))
        say(f"{arguments.fleet} instances: {rss} MB, at most {peak} MB")
        return result | {f"rss_mb_{arguments.fleet}": rss, "list_p99_ms_in_fleet": lists.p99}


async def measure_speed(http: aiohttp.ClientSession) -> dict[str, float]:
    """One request after the other, over 1,000 instances."""
    lists = await measure_one_by_one(LISTS, lambda _: ask(http, "GET", "/instances"))
    say(f"lists of 1,000: {lists}")
    reads = await measure_one_by_one(READS, lambda number: ask(http, "GET", f"/instances/chat-{number:05}"))
    say(f"details: {reads}")
    posts = await measure_one_by_one(POSTS, lambda number: ask(http, "POST", "/instances", build_body(number)))
    say(f"posts: {posts}")
    return {
        "list_1000_p50_ms": lists.p50,
        "list_1000_p99_ms": lists.p99,
        "read_p99_ms": reads.p99,
        "post_p50_ms": posts.p50,
        "post_p99_ms": posts.p99,
    }


def build_body(number: int) -> dict[str, object]:
    """A new instance."""
    scale = {"min": 1, "max": 4, "triggers": {"http": {"rate": 10, "window": 60}}}
    scaling = [{"regionId": 1, "scale": scale}]
    return {"name": f"posted-{number}", "modelId": "chat-8b", "autoScalingConfigurations": scaling}


async def ask(http: aiohttp.ClientSession, method: str, path: str, body: object = None) -> None:
    """One request that must succeed."""
    async with http.request(method, f"/ai-inference{path}", json=body) as answer:
        await answer.read()
        answer.raise_for_status()


def describe(load: Load) -> dict[str, float]:
    """Of the sustained load."""
    return {
        "sustained_requests_per_second": load.per_second,
        "sustained_errors": load.errors,
        "sustained_p50_ms": load.p50,
        "sustained_p99_ms": load.p99,
    }


@asynccontextmanager
async def start_api(server: ApiServer, folder: Path) -> AsyncIterator[ApiServerProcess]:
    """One replica that has read everything."""
    process = ApiServerProcess(folder, server.kubeconfig, {"logLevel": "WARNING"})
    try:
        await eventually(process.is_ready, within=60)
        yield process
    finally:
        process.terminate()


@asynccontextmanager
async def open_session(process: ApiServerProcess, key: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A caller who keeps connections, as many as it takes: slow answers must not hold up others."""
    base, connector = process.url.removesuffix("/ai-inference"), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(base, headers={"x-api-key": key}, connector=connector) as http:
        yield http


async def count(client: Client) -> int:
    """Instances that there are."""
    return len(await client.list("InferenceInstance"))


def say(text: str) -> None:
    """To those who wait."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
