"""Weights in an image, on API servers with and without image volumes."""

from collections.abc import Iterator
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.cluster.connection import read_connection
from tests.support.apiserver import ApiServer, start_apiserver
from tests.support.crds import install_crds
from tests.support.world import World

SOURCE = "oci://ghcr.io/acme/weights:1"


async def write_instance(world: World) -> None:
    await world.write_catalog()
    name, hardware = f"in-image-{world.namespace}", f"cpu-{world.namespace}"
    await world.write("Model", name, image="engine:1", source=SOURCE, defaultHardware=hardware)
    await world.write_instance(model=name)


async def test_the_weights_are_mounted_from_the_image_and_a_second_look_writes_nothing(
    client: Client, namespace: str
) -> None:
    world = World(client, namespace)
    await write_instance(world)
    await world.reconcile("InferenceInstance", "chat")
    (name,) = await world.names("Deployment")
    pod: dict[str, Any] = (await world.get("Deployment", name))["spec"]["template"]["spec"]
    volume = next(volume for volume in pod["volumes"] if volume["name"] == "model")
    assert volume["image"]["reference"] == SOURCE.removeprefix("oci://")
    before = await world.versions()
    fresh = World(client, namespace)
    await fresh.reconcile("InferenceInstance", "chat")
    assert await world.versions() == before


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API server that drops the field."""
    with start_apiserver(tmp_path_factory.mktemp("without"), image_volumes=False) as server:
        install_crds(server)
        server.http.post("/api/v1/namespaces", json={"metadata": {"name": "team"}}).raise_for_status()
        yield server


async def test_an_api_server_without_image_volumes_is_told_from_a_mistake_in_the_pod(
    without: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(without.kubeconfig))
    async with Client(read_connection(without.context)) as client:
        world = World(client, "team")
        await write_instance(world)
        await world.reconcile("InferenceInstance", "chat")
        status, reason, message = await world.condition("InferenceInstance", "chat", "Accepted")
    assert (status, reason) == ("False", "ImageVolumeNotSupported")
    assert SOURCE in message
    assert "its API server knows no image volumes" in message
