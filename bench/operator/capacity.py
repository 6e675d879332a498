"""What it costs the operator to know the room of a large cluster: `python -m bench.operator.capacity`.

The API server here has nodes and pods as large as real ones, and nobody who runs them: their reports of health, and
pods that come, are written by the benchmark. Last it prints a JSON line.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from pathlib import Path

from bench.operator.contestants import run_operator
from bench.operator.fleet import build
from bench.operator.processes import read_cpu, read_memory
from bench.operator.world import start_world
from inferops.cluster.client import Client, Scope
from inferops.names import Manifest

HARDWARE, REGIONS = 20, 5
"""Kinds of hardware in the catalog, and regions among which the nodes are divided."""
SECONDS, BEATS, CHURN = 60, 4, 10
"""How long the cluster lives on, with so many reports of nodes and new pods a second."""
WRITERS = 24


def main() -> None:
    """One run."""
    parser = argparse.ArgumentParser(prog="bench.operator.capacity")
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=10_000)
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an image has its bytecode
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        print(json.dumps(asyncio.run(measure(Path(temporary), arguments.nodes, arguments.pods))))


async def measure(folder: Path, nodes: int, pods: int) -> dict[str, float]:
    """The operator in an empty cluster, then in a full one."""
    async with start_world(folder / "world") as (server, client):
        with run_operator(server, folder) as operator:
            await operator.wait_leading(120)
            empty, _ = read_memory(operator.pid)
        await client.delete("Hardware", "", "l40s")
        await client.delete("Region", "", "eu")
        await write_all(client.create, build_catalog())
        await write_all(client.create, map(build_node, range(nodes)))
        await write_all(mark_ready(client), range(nodes))
        await write_all(client.create, (build_pod(number, nodes) for number in range(pods)))
        say(f"{nodes} nodes, {pods} pods")
        with run_operator(server, folder) as operator:
            begun = time.monotonic()
            await operator.wait_leading(120)
            await operator.quiesce()
            started, cpu = time.monotonic() - begun, read_cpu(operator.pid)
            full, peak = read_memory(operator.pid)
            say(f"started in {started:.1f} s with {cpu:.1f} s of CPU: {full} MB, at most {peak}")
            await asyncio.sleep(5)
            idle = await measure_cpu(operator.pid, asyncio.sleep(20))
            before = (await operator.read_writes()).get("Region", 0)
            beating = await measure_cpu(operator.pid, beat(client, nodes))
            written = (await operator.read_writes()).get("Region", 0) - before
            delays: list[float] = []
            churning = await measure_cpu(operator.pid, churn(client, nodes, delays))
            writes = (await operator.read_writes()).get("Region", 0) - before - written
    delays.sort()
    result = {
        "start_seconds": started, "start_cpu_seconds": cpu, "rss_mb_empty": empty, "rss_mb": full, "peak_rss_mb": peak,
        "idle_cpu_percent": 100 * idle, "heartbeats_cpu_percent": 100 * beating, "writes_for_heartbeats": written,
        "churn_cpu_percent": 100 * churning, "writes_per_second_of_churn": writes / SECONDS,
        "capacity_p50_s": delays[len(delays) // 2], "capacity_p99_s": delays[len(delays) * 99 // 100],
    }  # fmt: skip
    return {name: round(value, 2) for name, value in result.items()}


def build_catalog() -> Iterable[Manifest]:
    """Hardware with one to twenty GPUs, and the regions."""
    for number in range(HARDWARE):
        gpu = {"model": "H100", "count": number + 1}
        yield build("Hardware", f"h100-{number + 1}", {"cpu": "2", "memory": "8Gi", "gpu": gpu})
    for number in range(REGIONS):
        yield build("Region", f"r{number}", {"id": number + 10, "nodeSelector": {"region": f"r{number}"}})


def build_node(number: int) -> Manifest:
    """One of a GPU cluster: with the labels of node feature discovery."""
    features = {f"feature.node.kubernetes.io/cpu-cpuid.FEATURE{count}": "true" for count in range(60)}
    labels = {"region": f"r{number % REGIONS}", "kubernetes.io/hostname": f"n{number}", **features}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{number}", "labels": labels}}


def mark_ready(client: Client) -> Callable[[int], Awaitable[Manifest]]:
    """What a kubelet says first: what there is, its images, and that it is ready."""
    has = {"cpu": "128", "memory": "1024Gi", "pods": "250", "nvidia.com/gpu": "64"}
    images = [{"names": [f"registry/team/image-{n}@sha256:{n:064}"], "sizeBytes": n} for n in range(50)]
    kinds = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
    conditions = [{"type": kind, "status": "False", "reason": "None", "message": "as it should be"} for kind in kinds]
    status = {"allocatable": has, "capacity": has, "images": images, "conditions": [*conditions, READY]}

    async def mark(number: int) -> Manifest:
        await client.patch("Node", "", f"n{number}", {"spec": {"taints": None}})
        return await client.patch("Node", "", f"n{number}", {"status": status}, subresource="status")

    return mark


READY: Manifest = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting status"}


def build_pod(number: int, nodes: int, name: str = "web") -> Manifest:
    """Somebody's, with a GPU in every second one."""
    limits = {"cpu": "500m", "memory": f"{number % 7 + 1}Gi", **({"nvidia.com/gpu": "1"} if number % 2 else {})}
    env = [{"name": f"SETTING_{count}", "value": "something of some length"} for count in range(30)]
    container = {"name": "main", "image": "registry/team/image:1", "env": env, "resources": {"limits": limits}}
    metadata = {"name": f"{name}-{number}", "namespace": f"team-{number % 10}", "labels": {"app": name}}
    spec = {"nodeName": f"n{number % nodes}", "containers": [container, {"name": "sidecar", "image": "proxy:1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


async def write_all(write: Callable[..., Awaitable[object]], items: Iterable[object]) -> None:
    """All of them, several at a time."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await write(item)

    await asyncio.gather(*(work() for _ in range(WRITERS)))


async def measure_cpu(pid: int, life: Awaitable[None]) -> float:
    """Cores that the process uses meanwhile."""
    used, begun = read_cpu(pid), time.monotonic()
    await life
    return (read_cpu(pid) - used) / (time.monotonic() - begun)


async def beat(client: Client, nodes: int) -> None:
    """Kubelets report that all is as it was."""
    for number in range(SECONDS * BEATS):
        report = {"status": {"conditions": [{**READY, "lastHeartbeatTime": f"2026-01-01T00:{number // 60:02}:00Z"}]}}
        await client.patch("Node", "", f"n{number % nodes}", report, subresource="status")
        await asyncio.sleep(1 / BEATS)


async def churn(client: Client, nodes: int, delays: list[float]) -> None:
    """Each second pods take GPUs in one region after the other; the time until it tells is noted."""
    for second in range(SECONDS):
        begun, region = time.monotonic(), second % REGIONS
        listening = asyncio.create_task(wait_told(client, f"r{region}"))
        await asyncio.sleep(0.1)
        numbers = [region + REGIONS * (2 * count + 1 - region % 2) for count in range(CHURN)]
        moment = time.monotonic()
        await write_all(client.create, [build_pod(number, nodes, f"churn-{second}") for number in numbers])
        delays.append(await listening - moment)
        await asyncio.sleep(begun + 1 - time.monotonic())


async def wait_told(client: Client, region: str) -> float:
    """When the Region has new capacities."""
    scope = Scope(field_selector=f"metadata.name={region}")
    _, version = await client.read_list("Region", scope)
    async with asyncio.timeout(30), aclosing(client.watch("Region", version, scope)) as events:
        async for event in events:
            if event["type"] == "MODIFIED":
                return time.monotonic()
    raise TimeoutError


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
