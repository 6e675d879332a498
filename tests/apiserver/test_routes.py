"""The ways from a host name to the gateway: Ingress or HTTPRoute, and who has a host that two ask for."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.cluster.cluster import Cluster
from inferops.cluster.connection import read_connection
from inferops.names import instance_id
from inferops.settings import Settings
from tests.support.apiserver import ApiServer, start_apiserver
from tests.support.crds import install_crds, install_gateway_api
from tests.support.eventually import eventually
from tests.support.operator_process import OperatorProcess
from tests.support.world import NOON, World

PARENTS = [{"name": "web", "namespace": "infra"}]


@pytest.fixture
async def world(gateway_api: ApiServer, client: Client, namespace: str) -> World:
    """One with the Gateway API; inferops itself lives in a second namespace."""
    system = f"{namespace}-system"
    gateway_api.http.post("/api/v1/namespaces", json={"metadata": {"name": system}}).raise_for_status()
    world = World(client, namespace, gateway_api=True)
    world.settings = Settings.model_validate(
        {"namespace": system, "ingress": {"kind": "HTTPRoute", "parentRefs": PARENTS}}
    )
    await world.write_catalog()
    return world


async def read_route(world: World) -> dict[str, Any]:
    return await world.get("HTTPRoute", instance_id(world.namespace, "chat"))


async def test_a_route_leads_to_the_gateway_and_its_namespace_is_granted_that(world: World) -> None:
    await world.write_instance(ingress={"host": "chat.example.com"})
    await world.reconcile("InferenceInstance", "chat")
    route = await read_route(world)
    assert route["spec"]["hostnames"] == ["chat.example.com"]
    (backend,) = route["spec"]["rules"][0]["backendRefs"]
    assert (backend["namespace"], backend["name"]) == (world.settings.namespace, "inferops-gateway")
    grant = await world.client.get("ReferenceGrant", world.settings.namespace, f"inferops-{world.namespace}")
    assert grant["spec"]["from"][0]["namespace"] == world.namespace
    owner = await world.client.get("Namespace", "", world.namespace)
    assert grant["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]
    assert not await world.names("Ingress")
    assert await world.names("Service") == {instance_id(world.namespace, "chat")}


async def test_a_restarted_operator_writes_no_route_again(world: World) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    before = await world.versions()
    fresh = World(world.client, world.namespace, gateway_api=True)
    fresh.settings, fresh.cluster = world.settings, Cluster(world.client)
    fresh.cluster.stores["ScaledObject"].served = False
    await fresh.reconcile("InferenceInstance", "chat")
    assert await world.versions() == before


async def test_another_setting_replaces_the_route_by_an_ingress_and_back(world: World) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    routes = world.settings
    world.settings = Settings(namespace=routes.namespace)
    await world.reconcile("InferenceInstance", "chat")
    assert not await world.names("HTTPRoute")
    assert await world.names("Ingress")
    world.settings = routes
    await world.reconcile("InferenceInstance", "chat")
    assert await world.names("HTTPRoute")
    assert not await world.names("Ingress")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (None, ("Unknown", "WaitingForGateway", "Gateway infra/web has not yet taken up")),
        (("Accepted", "True", "Accepted"), ("True", "Public", "Anybody")),
        (("Accepted", "False", "NotAllowedByListeners"), ("False", "RouteNotAllowedByListeners", "infra/web refuses")),
        (("ResolvedRefs", "False", "RefNotPermitted"), ("False", "RouteRefNotPermitted", "infra/web refuses")),
    ],
)
async def test_routable_says_what_the_gateway_says(
    world: World, condition: tuple[str, str, str] | None, said: tuple[str, str, str]
) -> None:
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    if condition:
        await write_parent_status(world, *condition)
    await world.reconcile("InferenceInstance", "chat")
    status, reason, message = await world.condition("InferenceInstance", "chat", "Routable")
    assert (status, reason) == said[:2]
    assert said[2] in message


async def write_parent_status(world: World, kind: str, status: str, reason: str) -> None:
    """As a Gateway's controller does."""
    since = NOON.isoformat().replace("+00:00", "Z")
    condition = {"type": kind, "status": status, "reason": reason, "message": "so it is", "lastTransitionTime": since}
    parent = {"parentRef": PARENTS[0], "controllerName": "example.com/gateway", "conditions": [condition]}
    name = instance_id(world.namespace, "chat")
    patch = {"status": {"parents": [parent]}}
    await world.client.patch("HTTPRoute", world.namespace, name, patch, subresource="status")


async def test_without_the_gateway_api_everything_else_is_made(world: World) -> None:
    for kind in ("HTTPRoute", "ReferenceGrant"):
        world.cluster.stores[kind].served = False
    await world.write_instance()
    await world.reconcile("InferenceInstance", "chat")
    assert len(await world.names("Deployment")) == 1
    assert (await world.condition("InferenceInstance", "chat", "Routable"))[:2] == ("False", "GatewayApiNotInstalled")


async def test_the_younger_of_two_that_ask_for_a_host_hears_whose_it_is_until_it_is_free(world: World) -> None:
    first = await world.write_instance("first", ingress={"host": "chat.example.com"})
    while True:  # creation times have whole seconds
        second = await world.write_instance("chat", ingress={"host": "chat.example.com"})
        if second["metadata"]["creationTimestamp"] > first["metadata"]["creationTimestamp"]:
            break
        await world.client.delete("InferenceInstance", world.namespace, "chat")
    assert await world.reconcile("InferenceInstance", "first") is None
    assert await world.reconcile("InferenceInstance", "chat") == 60
    assert (await world.condition("InferenceInstance", "chat", "Routable"))[:2] == ("False", "HostTaken")
    own = f"{instance_id(world.namespace, 'chat')}.inferops.local"
    assert (await read_route(world))["spec"]["hostnames"] == [own]
    assert (await world.get("InferenceInstance", "chat"))["status"]["address"] == f"https://{own}/"
    assert (await world.get("InferenceInstance", "first"))["status"]["address"] == "https://chat.example.com/"

    await world.write_instance("first", ingress={"host": "chat.example.com"}, stopped=True)
    assert await world.reconcile("InferenceInstance", "chat", NOON + timedelta(minutes=1)) is None
    assert (await read_route(world))["spec"]["hostnames"] == ["chat.example.com"]


async def test_the_gateway_api_may_come_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with start_apiserver(tmp_path) as server:
        install_crds(server)
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig))
        settings = {"namespace": "default", "ingress": {"kind": "HTTPRoute", "parentRefs": PARENTS}}
        server.http.post("/api/v1/namespaces", json={"metadata": {"name": "team"}}).raise_for_status()
        operator = await asyncio.to_thread(OperatorProcess, tmp_path, server.kubeconfig, settings, "one")
        try:
            async with Client(read_connection(server.context)) as client:
                world = World(client, "team")
                await world.write_catalog()
                await world.write_instance()

                async def routable(reason: str) -> bool:
                    return (await world.condition("InferenceInstance", "chat", "Routable"))[1] == reason

                await operator.wait_leading()
                await eventually(lambda: is_said(routable("GatewayApiNotInstalled")), within=20)
                await asyncio.to_thread(install_gateway_api, server)
                await eventually(lambda: is_said(routable("WaitingForGateway")), within=20)
                assert await world.names("HTTPRoute")
                assert await client.get("ReferenceGrant", "default", "inferops-team")
        finally:
            assert operator.terminate() == 0


async def is_said(answer: Awaitable[bool]) -> bool:
    """What a condition says, once it is there."""
    try:
        return await answer
    except KeyError:
        return False
