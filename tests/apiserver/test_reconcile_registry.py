"""What one look at a Registry leaves in a real API server, with a real registry beside it."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from inferops.cluster.client import Client
from tests.support.registry import PASSWORD, USER, RunningRegistry, start_registry
from tests.support.world import NOON, World


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with start_registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def world(client: Client, namespace: str) -> World:
    return World(client, namespace)


async def write_registry(world: World, url: str, password: str = PASSWORD) -> None:
    await world.write_secret("login", password=password)
    reference = {"name": "login", "key": "password"}
    await world.write("Registry", "private", url=url, username=USER, passwordSecretRef=reference, insecure=True)


async def pulled_with(world: World) -> dict[str, dict[str, str]]:
    secret = await world.get("Secret", "private-pull")
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    auths: dict[str, dict[str, str]] = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"]
    return auths


async def test_the_right_password_is_verified_and_pulls(world: World, registry: RunningRegistry) -> None:
    await write_registry(world, registry.image)
    assert await world.reconcile("Registry", "private") == 3600
    assert (await world.condition("Registry", "private", "Verified"))[:2] == ("True", "Verified")
    status = (await world.get("Registry", "private"))["status"]
    assert status["digest"].startswith("sha256:")
    assert (await pulled_with(world))[registry.host]["password"] == PASSWORD


async def test_it_is_asked_again_after_an_hour_and_not_before(world: World, registry: RunningRegistry) -> None:
    await write_registry(world, registry.image)
    await world.reconcile("Registry", "private")
    before = await world.versions()
    assert await world.reconcile("Registry", "private", NOON + timedelta(minutes=59)) == 60
    assert await world.versions() == before
    await world.reconcile("Registry", "private", NOON + timedelta(hours=1))
    assert (await world.get("Registry", "private"))["status"]["lastChecked"] == "2026-01-01T13:00:00Z"


async def test_a_rotated_password_is_written_and_tried_at_once(world: World, registry: RunningRegistry) -> None:
    await write_registry(world, registry.image)
    await world.reconcile("Registry", "private")
    await write_registry(world, registry.image, "rotated-too-early")
    await world.reconcile("Registry", "private", NOON + timedelta(seconds=1))
    assert (await pulled_with(world))[registry.host]["password"] == "rotated-too-early"
    status, reason, message = await world.condition("Registry", "private", "Verified")
    assert (status, reason) == ("False", "Unauthorized")
    assert "rotated-too-early" not in message


async def test_a_missing_secret_is_named(world: World) -> None:
    reference = {"name": "absent", "key": "password"}
    await world.write("Registry", "private", url="ghcr.io", username=USER, passwordSecretRef=reference)
    await world.reconcile("Registry", "private")
    for condition in ("Accepted", "Verified"):
        status, reason, message = await world.condition("Registry", "private", condition)
        assert (status, reason) == ("False", "SecretNotFound")
        assert 'no Secret "absent"' in message


async def test_a_docker_configuration_of_the_users_is_used_as_it_is(world: World, registry: RunningRegistry) -> None:
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    config = json.dumps({"auths": {f"https://{registry.host}": {"auth": auth}}})
    await world.write_secret("mine", **{".dockerconfigjson": config})
    await world.write("Registry", "private", url=registry.image, dockerConfigSecretRef={"name": "mine"}, insecure=True)
    await world.reconcile("Registry", "private")
    assert (await world.condition("Registry", "private", "Verified"))[:2] == ("True", "Verified")
    assert await world.names("Secret") == {"mine"}
