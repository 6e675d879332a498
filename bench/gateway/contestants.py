"""What is measured side by side: the upstream itself, Envoy with a router alone, our gateway, LiteLLM."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bench.gateway.bare import render_bare
from bench.gateway.litellm import KEY, run_litellm
from bench.gateway.wire import Ask, run_load, run_upstream
from bench.operator.processes import read_children, read_cpu
from tests.gateway.gateway import Gateway, find_envoy, host_of
from tests.gateway.objects import ALICE, api_key, endpoint_slice, instance, key_hash, model
from tests.support.eventually import eventually
from tests.support.ports import find_free_ports

DIRECT, BARE, FULL, LITELLM = "direct", "bare", "full", "litellm"
CONTESTANTS = (DIRECT, BARE, FULL, LITELLM)
NEVER_REACHED = 1_000_000
"""Requests per minute of the key: counted, and more than the rounds make."""
Manager = dict[str, Any]
"""envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager as JSON."""


class Contestant(NamedTuple):
    """Where to ask, and whose processor time it takes."""

    port: int
    headers: dict[str, str]
    pid: int | None = None

    def read_cpu(self) -> float:
        """Seconds of CPU until now of the process and its children; 0 without one."""
        return sum(map(read_cpu, [self.pid, *read_children(self.pid)])) if self.pid else 0.0

    async def answers(self) -> bool:
        """Whether it does what it should."""
        with suppress(RuntimeError):
            await run_load(self.port, self.headers, Ask(connections=1, seconds=0.2))
            return True
        return False


@asynccontextmanager
async def run_contestants(folder: Path, names: tuple[str, ...] = CONTESTANTS) -> AsyncIterator[dict[str, Contestant]]:
    """All at once, in front of one upstream, each known to answer."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(run_upstream())
        runs = {DIRECT: run_direct, BARE: run_bare, FULL: run_full, LITELLM: run_proxy}
        contestants = {name: await stack.enter_async_context(runs[name](folder / name, upstream)) for name in names}
        for contestant in contestants.values():
            await eventually(contestant.answers, within=120)
        yield contestants


@asynccontextmanager
async def run_direct(_folder: Path, upstream: int) -> AsyncIterator[Contestant]:
    """Nothing between the two ends."""
    yield Contestant(upstream, {"host": "engine"})


@asynccontextmanager
async def run_bare(folder: Path, upstream: int) -> AsyncIterator[Contestant]:
    """Router only, no log."""
    gateway = build_gateway(folder)
    bootstrap = render_bare(gateway.port, gateway.admin_port, upstream)
    async with gateway.envoy(wait=False, bootstrap=bootstrap) as process:
        yield Contestant(gateway.port, {"host": "engine"}, process.pid)


@asynccontextmanager
async def run_full(
    folder: Path, upstream: int, change: Callable[[Manager], None] | None = None
) -> AsyncIterator[Contestant]:
    """The gateway as the chart runs it, with control beside it: key, limits, usage and log for each request. `change`
    makes another one of it.
    """
    gateway = build_gateway(folder)
    gateway.put(
        model("tiny"),
        api_key("alice", limits={"requestsPerMinute": NEVER_REACHED}),
        key_hash("alice", ALICE),
        instance("warm", apiKeys=["alice"]),
        endpoint_slice("warm", ("127.0.0.1", upstream, True)),
    )
    bootstrap = yaml.safe_load(gateway.bootstrap())
    if change:
        change(find_manager(bootstrap))
    async with gateway.control(), gateway.envoy(bootstrap=yaml.safe_dump(bootstrap)) as process:
        headers = {"host": host_of("warm"), "authorization": f"Bearer {ALICE}"}
        yield Contestant(gateway.port, headers, process.pid)


def build_gateway(folder: Path) -> Gateway:
    """With a folder of its own."""
    folder.mkdir()
    return Gateway(folder, find_envoy())


def find_manager(bootstrap: dict[str, Any]) -> Manager:
    """What answers requests."""
    listeners = bootstrap["static_resources"]["listeners"]
    listener = next(each for each in listeners if each["name"] == "requests")
    manager: Manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return manager


@asynccontextmanager
async def run_proxy(folder: Path, upstream: int) -> AsyncIterator[Contestant]:
    """LiteLLM."""
    port = find_free_ports(1)[0]
    async with run_litellm(folder, port, upstream) as pid:
        yield Contestant(port, {"host": "litellm", "authorization": f"Bearer {KEY}"}, pid)
