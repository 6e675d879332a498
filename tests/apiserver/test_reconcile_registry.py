"""What one look at a Registry leaves in a real API server, with a real registry beside it."""

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.plan.registry import DOCKER_CONFIG_TYPE
from inferops.reconcile.queue import Key
from inferops.reconcile.registry_hosts import AT_ONCE
from tests.support.eventually import PATIENCE
from tests.support.ports import find_free_ports
from tests.support.registry import ARM, BOTH, PASSWORD, USER, RunningRegistry, start_registry
from tests.support.registry_front import Front, start_front
from tests.support.world import NOON, World

HOUR = timedelta(hours=1)
MANY = 40


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with start_registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def front(registry: RunningRegistry) -> Iterator[Front]:
    with start_front(f"http://{registry.host}") as front:
        yield front


@pytest.fixture
def world(client: Client, namespace: str) -> World:
    world = World(client, namespace)
    info = {"operatingSystem": "linux", "architecture": "amd64"}
    node = {"metadata": {"name": "node", "resourceVersion": "1"}, "status": {"nodeInfo": info}}
    world.cluster.stores["Node"].put({"apiVersion": "v1", "kind": "Node", **node})
    return world


async def write_registry(world: World, url: str, password: str = PASSWORD, name: str = "private") -> None:
    await world.write_secret("login", password=password)
    reference = {"name": "login", "key": "password"}
    await world.write("Registry", name, url=url, username=USER, passwordSecretRef=reference, insecure=True)


async def read_status(world: World, name: str = "private") -> dict[str, Any]:
    status: dict[str, Any] = (await world.get("Registry", name))["status"]
    return status


async def pulled_with(world: World) -> dict[str, dict[str, str]]:
    secret = await world.get("Secret", "private-pull")
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    auths: dict[str, dict[str, str]] = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"]
    return auths


async def test_the_right_password_is_verified_and_pulls(world: World, registry: RunningRegistry) -> None:
    await write_registry(world, registry.image)
    await world.reconcile("Registry", "private")
    assert (await world.condition("Registry", "private", "Verified"))[:2] == ("True", "Verified")
    assert (await world.condition("Registry", "private", "Runnable"))[:2] == ("True", "NodesFit")
    status = await read_status(world)
    assert status["digest"].startswith("sha256:")
    assert status["platforms"] == ["linux/amd64"]
    assert (await pulled_with(world))[registry.host]["password"] == PASSWORD


async def test_it_is_asked_again_after_about_an_hour_and_not_before(world: World, registry: RunningRegistry) -> None:
    await write_registry(world, registry.image)
    wait = await world.reconcile("Registry", "private") or 0
    assert wait == pytest.approx(3600, rel=0.1)
    before = await world.versions()
    assert await world.reconcile("Registry", "private", NOON + timedelta(minutes=50)) == pytest.approx(wait - 3000)
    assert await world.versions() == before
    await world.reconcile("Registry", "private", NOON + 2 * HOUR)
    assert (await read_status(world))["lastChecked"] == "2026-01-01T14:00:00Z"


async def test_a_rotated_password_is_written_and_tried_at_once(world: World, registry: RunningRegistry) -> None:
    await write_registry(world, registry.image)
    await world.reconcile("Registry", "private")
    await write_registry(world, registry.image, "rotated-too-early")
    await world.reconcile("Registry", "private", NOON + timedelta(seconds=1))
    assert (await pulled_with(world))[registry.host]["password"] == "rotated-too-early"
    status, reason, message = await world.condition("Registry", "private", "Verified")
    assert (status, reason) == ("False", "Unauthorized")
    assert "rotated-too-early" not in message


async def test_a_wrong_password_is_tried_less_and_less(world: World, registry: RunningRegistry) -> None:
    """Many registries lock an account after some."""
    await write_registry(world, registry.image, "wrong")
    pauses, now = [], NOON
    for _ in range(6):
        wait = await world.reconcile("Registry", "private", now)
        assert wait is not None
        pauses.append(wait)
        now += timedelta(seconds=wait + 1)
    assert pauses[0] == pytest.approx(300, rel=0.11)
    assert pauses[3] > 1.5 * pauses[0]
    assert pauses[-1] == pytest.approx(1800, rel=0.11)


async def test_a_missing_secret_is_named(world: World) -> None:
    reference = {"name": "absent", "key": "password"}
    await world.write("Registry", "private", url="ghcr.io", username=USER, passwordSecretRef=reference)
    await world.reconcile("Registry", "private")
    for condition in ("Accepted", "Verified"):
        status, reason, message = await world.condition("Registry", "private", condition)
        assert (status, reason) == ("False", "SecretNotFound")
        assert 'no Secret "absent"' in message


async def write_config(world: World, registry: RunningRegistry, password: str) -> None:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    config = json.dumps({"auths": {f"https://{registry.host}": {"auth": auth}}})
    await world.write_secret("mine", DOCKER_CONFIG_TYPE, **{".dockerconfigjson": config})
    await world.write("Registry", "private", url=registry.image, dockerConfigSecretRef={"name": "mine"}, insecure=True)


async def test_a_docker_configuration_of_the_users_is_used_as_it_is_and_tried_again_when_it_changes(
    world: World, registry: RunningRegistry
) -> None:
    await write_config(world, registry, PASSWORD)
    await world.reconcile("Registry", "private")
    assert (await world.condition("Registry", "private", "Verified"))[:2] == ("True", "Verified")
    assert await world.names("Secret") == {"mine"}
    await write_config(world, registry, "rotated-too-early")
    await world.reconcile("Registry", "private", NOON + timedelta(seconds=1))
    assert (await world.condition("Registry", "private", "Verified"))[:2] == ("False", "Unauthorized")


NO_CONFIGURATIONS = {
    "another shape": (DOCKER_CONFIG_TYPE, '{"auths": {"ghcr.io": "s3cret"}}', 'in Secret "mine" the Docker'),
    "another type": ("Opaque", '{"auths": {}}', 'Secret "mine" is of type Opaque, and nodes use only'),
}


@pytest.mark.parametrize("name", NO_CONFIGURATIONS)
async def test_a_docker_configuration_that_nodes_would_not_use_is_named_and_not_shown(world: World, name: str) -> None:
    type_, config, said = NO_CONFIGURATIONS[name]
    await world.write_secret("mine", type_, **{".dockerconfigjson": config})
    await world.write("Registry", "private", url="ghcr.io/a/b:1", dockerConfigSecretRef={"name": "mine"})
    await world.reconcile("Registry", "private")
    status, reason, message = await world.condition("Registry", "private", "Accepted")
    assert (status, reason) == ("False", "InvalidSecret")
    assert said in message
    assert "s3cret" not in message


async def test_an_image_for_other_machines_is_told_before_a_pod_fails(world: World, registry: RunningRegistry) -> None:
    await write_registry(world, registry.tagged(ARM))
    await world.reconcile("Registry", "private")
    assert (await world.condition("Registry", "private", "Verified"))[0] == "True"
    status, reason, message = await world.condition("Registry", "private", "Runnable")
    assert (status, reason) == ("False", "NoNodeFits")
    assert "linux/arm64" in message
    await write_registry(world, registry.tagged(BOTH))
    await world.reconcile("Registry", "private")
    assert (await world.condition("Registry", "private", "Runnable"))[0] == "True"


async def test_a_registry_that_puts_off_is_left_alone_and_says_neither_yes_nor_no(world: World, front: Front) -> None:
    await write_registry(world, front.image)
    await world.reconcile("Registry", "private")
    known = await read_status(world)
    front.rule = lambda _: (429, {"retry-after": "1800"})
    front.seen.clear()
    wait = await world.reconcile("Registry", "private", NOON + 2 * HOUR)
    assert wait is not None
    status, reason, _ = await world.condition("Registry", "private", "Verified")
    assert (status, reason) == ("Unknown", "RateLimited")
    assert {key: (await read_status(world))[key] for key in ("digest", "platforms")} == {
        key: known[key] for key in ("digest", "platforms")
    }
    asked = len(front.seen)
    for seconds in (60, 120, 240):
        wait = await world.reconcile("Registry", "private", NOON + 2 * HOUR + timedelta(seconds=seconds))
    assert len(front.seen) == asked, "all wait for what the host asked for"
    assert wait is not None
    assert wait > 1500


async def look_at_many(world: World, image: str) -> None:
    """MANY Registries of one image, all new."""
    names = [f"r{number}" for number in range(MANY)]
    await asyncio.gather(*(write_registry(world, image, name=name) for name in names))
    await world.read()
    for name in names:
        await world.registries(world.cluster, world.settings, Key("Registry", world.namespace, name), NOON)
    await world.registries.idle()


async def test_many_registries_of_a_host_ask_a_few_at_a_time_and_pull_once(world: World, front: Front) -> None:
    await look_at_many(world, front.image)
    assert [(await read_status(world, f"r{number}"))["verified"] for number in range(MANY)] == ["Verified"] * MANY
    assert front.most_at_once <= AT_ONCE
    assert front.count()["HEAD manifests"] >= MANY
    assert front.count()["GET manifests"] <= AT_ONCE, "what is known of a digest is known for all"


async def test_no_worker_waits_for_a_host_that_hangs(world: World, front: Front) -> None:
    front.go_on.clear()
    await write_registry(world, front.image)
    await world.read()
    async with asyncio.timeout(2 * PATIENCE):
        await world.registries(world.cluster, world.settings, Key("Registry", world.namespace, "private"), NOON)
    front.go_on.set()
    await world.registries.idle()
    assert (await read_status(world))["verified"] == "Verified"


async def test_many_registries_of_a_dead_host_share_one_answer(world: World) -> None:
    (port,) = find_free_ports(1)
    await look_at_many(world, f"localhost:{port}/team/engine:1")
    answers = {(await read_status(world, f"r{number}"))["verified"] for number in range(MANY)}
    assert answers == {"Unreachable"}


async def test_a_question_that_is_out_of_date_is_dropped(world: World, front: Front) -> None:
    front.go_on.clear()
    await write_registry(world, front.image, "wrong")
    key = Key("Registry", world.namespace, "private")
    await world.read()
    await world.registries(world.cluster, world.settings, key, NOON)
    await write_registry(world, front.image)
    await world.read()
    await world.registries(world.cluster, world.settings, key, NOON)
    front.go_on.set()
    await world.registries.idle()
    assert (await read_status(world))["verified"] == "Verified"
