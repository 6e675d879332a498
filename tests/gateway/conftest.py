"""Fixtures of the gateway's tests: for each test an Envoy of its own, in front of an engine on loopback."""

import inspect
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.gateway.engine import Engine
from tests.gateway.gateway import Gateway, find_envoy
from tests.gateway.objects import fill

fixture = pytest_asyncio.fixture(loop_scope="session")


@pytest.fixture(scope="session")
def envoy_binary() -> str:
    return find_envoy()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all: grpc keeps to the first that it sees."""
    for item in items:
        if "tests/gateway/" in item.path.as_posix() and inspect.iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine("first") as engine:
        yield engine


@fixture
async def idle_gateway(tmp_path: Path, envoy_binary: str, engine: Engine) -> Gateway:
    """What `gateway` is, not started."""
    gateway = Gateway(tmp_path, envoy_binary)
    gateway.put(*fill(engine.address, engine.port))
    return gateway


@fixture
async def gateway(idle_gateway: Gateway) -> AsyncIterator[Gateway]:
    """Envoy and control, with the objects of `objects.fill`."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(idle_gateway.control())
        await stack.enter_async_context(idle_gateway.envoy())
        yield idle_gateway
