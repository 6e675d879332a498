"""What Envoy refuses: it reaches the instance's status, keeps nothing from the others, and goes when it is mended."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from google.protobuf.duration_pb2 import Duration

from inferops.cluster.client import Client
from inferops.control import refusals as module
from inferops.control.refusals import Refusals, report_refusals
from inferops.control.reports import REFUSAL, read_reported
from inferops.gateway.resources import CLUSTER, build_resource
from inferops.names import instance_id
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway, host_of
from tests.gateway.objects import endpoint_slice, instance, model
from tests.gateway.replica import create
from tests.support.eventually import eventually

NAMES = ("bad", "good")


@pytest_asyncio.fixture(loop_scope="session")
async def told(
    gateway: Gateway, engine: Engine, api: Client, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    """The gateway with two instances that the API server has too, and control's reporter."""
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.1)
    await create(api, namespace, model("tiny"), *(instance(name, auth="None") for name in NAMES))
    here = (engine.address, engine.port, True)
    gateway.put(*(instance(name, namespace=namespace, auth="None") for name in NAMES))
    gateway.put(*(endpoint_slice(name, here, namespace=namespace) for name in NAMES))
    stores, plane = gateway.stores["InferenceInstance"].values(), gateway.plane
    known = read_reported(stores, REFUSAL)
    task = asyncio.create_task(report_refusals(api, plane.snapshot.refusals, lambda: plane.world.instances, known))
    yield gateway
    task.cancel()


async def ask(gateway: Gateway, namespace: str, name: str) -> int:
    async with gateway.client(host_of(name, namespace)) as client:
        return (await client.post(CHAT, json={})).status_code


async def read_refusal(api: Client, namespace: str, name: str) -> str:
    status: dict[str, Any] = (await api.get("InferenceInstance", namespace, name)).get("status") or {}
    return str(status.get("gatewayRefusal", ""))


async def test_what_envoy_refuses_is_told_on_the_instance_until_it_is_mended(
    told: Gateway, api: Client, namespace: str
) -> None:
    snapshot, owner = told.plane.snapshot, instance_id(namespace, "bad")

    async def serves(expected: list[int]) -> bool:
        return [await ask(told, namespace, name) for name in NAMES] == expected

    await eventually(lambda: serves([200, 200]))
    taken = snapshot.of(CLUSTER)[owner]
    broken = Cluster(name=owner, type=Cluster.EDS, connect_timeout=Duration(seconds=-1))
    snapshot.put([build_resource(broken)])
    told.put(instance("good", namespace=namespace, auth="None", stopped=True))
    words = await eventually(lambda: read_refusal(api, namespace, "bad"))
    assert words.startswith("clusters: "), words
    assert "Expected positive duration" in words
    assert words.endswith("(gateway-1)")
    await eventually(lambda: serves([200, 503]))  # it serves on, and the other has its change
    assert not await read_refusal(api, namespace, "good")
    snapshot.put([taken])

    async def mended() -> bool:
        return not await read_refusal(api, namespace, "bad")

    await eventually(mended)


def test_a_refusal_lasts_until_the_same_gateway_takes_the_resource_or_goes() -> None:
    refusals = Refusals()
    refusals.add("main/chat-1", "one", "virtual hosts", "no")
    refusals.add("chat-1", "two", "clusters", "never")
    assert refusals.messages() == {"chat-1": "virtual hosts: no (one)"}
    refusals.clear(["main/other-2", "chat-1"], "one", "clusters")
    refusals.clear(["main/chat-1"], "two", "virtual hosts")
    assert refusals.messages() == {"chat-1": "virtual hosts: no (one)"}
    refusals.clear(["main/chat-1"], "one", "virtual hosts")
    assert refusals.messages() == {"chat-1": "clusters: never (two)"}
    refusals.forget("two")
    assert refusals.messages() == {}
