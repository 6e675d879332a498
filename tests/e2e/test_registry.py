"""Images from a real private registry, with right and wrong passwords."""

import uuid

import pytest

from dev.cluster.layout import NODE_IP, REGISTRY_NAME, REGISTRY_PASSWORD, REGISTRY_PORT, REGISTRY_USER
from dev.demo.engine_image import copy
from dev.images.catalog import RECIPES, build_image
from dev.target import Target
from tests.e2e.world import Manifest, World, eventually, instance, resource

REPOSITORY = f"{REGISTRY_PORT}/e2e/engine"
PULLED, NEVER_PULLED = "pulled", uuid.uuid4().hex[:8]
"""Tags of one image; an image that the node has needs no password."""


@pytest.fixture(scope="module")
def pushed(local: Target) -> None:
    assert local.local
    archive = build_image(RECIPES["engine"]).archive
    for tag in (PULLED, NEVER_PULLED):
        copy(f"docker-archive:{archive}", f"docker://{NODE_IP}:{REPOSITORY}:{tag}")


def registry(password: str, tag: str = PULLED) -> list[Manifest]:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "password"},
        "stringData": {"password": password},
    }
    reference = {"name": "password", "key": "password"}
    url = f"{REGISTRY_NAME}:{REPOSITORY}:{tag}"
    spec = {"url": url, "username": REGISTRY_USER, "passwordSecretRef": reference, "insecure": True}
    return [secret, resource("Registry", "private", **spec)]


def custom(name: str) -> Manifest:
    manifest = instance(name, registry="private", containerPort=8000, hardware="e2e-cpu")
    del manifest["spec"]["model"]
    manifest["spec"]["args"] = ["--served-model-name", "mine", "--port", "8000"]
    manifest["spec"]["probes"] = {"readiness": {"httpGet": {"path": "/health", "port": 8000}}}
    return manifest


@pytest.mark.usefixtures("pushed")
def test_a_verified_registry_pulls_its_image_and_a_rotated_password_needs_no_new_pod(world: World) -> None:
    world.apply(*registry(REGISTRY_PASSWORD), custom("mine"))
    eventually(lambda: world.condition("private", "Verified", "registries.inferops.dev").get("status") == "True")
    world.wait_phase("mine", "ACTIVE")
    pods = world.names("pods")
    world.apply(registry("rotated")[0])
    verified = ("private", "Verified", "registries.inferops.dev")
    eventually(lambda: world.condition(*verified).get("reason") == "Unauthorized")
    assert world.names("pods") == pods


@pytest.mark.usefixtures("pushed")
def test_a_wrong_password_is_said_by_the_registry_and_by_the_instance(world: World) -> None:
    world.apply(*registry("wrong", NEVER_PULLED), custom("mine"))

    def told() -> bool:
        verified = world.condition("private", "Verified", "registries.inferops.dev")
        assert (verified.get("status"), verified.get("reason")) == ("False", "Unauthorized"), verified
        available = world.condition("mine", "Available")
        assert available.get("status") == "False", available
        assert "private" in available["message"], available
        assert "password" in available["message"].lower() or "credentials" in available["message"].lower(), available
        return True

    eventually(told, within=60)
