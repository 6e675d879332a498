"""Keys and registries under an operator that runs as a process: who hears of what, and what is never told."""

import asyncio
import base64
import json
import random
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.cluster.resources import OUR_KINDS, RESOURCES
from inferops.errors import NotFound
from inferops.gateway.keys import build_keyring, read_api_key, read_hash_secret
from inferops.names import API_VERSION, KEY_HASH_LABEL, Manifest
from inferops.plan.apikey import hash_key
from inferops.reconcile.key_rotation import ANNOUNCE_SECONDS
from tests.support.apiserver import ApiServer
from tests.support.eventually import PATIENCE, eventually
from tests.support.operator_process import OperatorProcess
from tests.support.registry import PASSWORD, USER, RunningRegistry, start_registry

pytestmark = pytest.mark.slow
Start = Callable[[], OperatorProcess]
GIVEN, WRONG = "a-key-that-the-user-chose", "a-password-that-is-wrong"
ROUNDS = 5


@pytest.fixture
async def start(keda: ApiServer, namespace: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the operator for the test's namespace, with everything in its log."""
    started: list[OperatorProcess] = []

    def start_operator() -> OperatorProcess:
        settings = {"namespace": namespace, "watchNamespaces": [namespace], "logLevel": "DEBUG"}
        started.append(OperatorProcess(tmp_path, keda.kubeconfig, settings, "operator"))
        return started[-1]

    yield start_operator
    for operator in started:
        operator.terminate()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with start_registry(tmp_path_factory.mktemp("registry"), login="bearer") as registry:
        yield registry


class Users:
    """What users of a namespace write and read."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace

    async def write(self, kind: str, name: str, **spec: Any) -> None:
        meta = {"name": name, "namespace": self.namespace}
        manifest = {"apiVersion": API_VERSION, "kind": kind, "metadata": meta, "spec": spec}
        await self.client.apply(manifest, manager="user")

    async def write_secret(self, name: str, **data: str) -> None:
        meta = {"name": name, "namespace": self.namespace}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": data}
        await self.client.apply(secret, manager="user")

    async def condition(self, kind: str, name: str, type_: str) -> Manifest:
        status = (await self.client.get(kind, self.namespace, name)).get("status") or {}
        return next((each for each in status.get("conditions", []) if each["type"] == type_), {})

    async def wait_for(self, kind: str, name: str, type_: str, reason: str) -> str:
        """Until a condition has that reason; returns its message."""

        async def reached() -> Manifest:
            found = await self.condition(kind, name, type_)
            assert found.get("reason") == reason, found
            return found

        return str((await eventually(reached, within=10))["message"])

    async def write_instance(self, **spec: Any) -> None:
        """An instance of an image of its own, on a catalog of its own."""
        name = f"c-{secrets.token_hex(4)}"
        hardware = {"displayName": "Small", "cpu": "100m", "memory": "64Mi"}
        for kind, body in (("Hardware", hardware), ("Region", {"id": secrets.randbelow(10**6)})):
            manifest = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": body}
            await self.client.create(manifest)
        scale = {"min": 0, "max": 1, "triggers": {"http": {"rate": 1, "window": 10}}}
        given = {"hardware": name, "containerPort": 8000, "regions": [{"region": name, "scale": scale}]}
        await self.write("InferenceInstance", "chat", **given, **spec)

    async def read_key(self) -> str | None:
        """The key that a person would take from the Secret of ApiKey `team`."""
        try:
            secret = await self.client.get("Secret", self.namespace, "team")
        except NotFound:
            return None
        return base64.b64decode(secret["data"]["apiKey"]).decode()

    async def read_opening(self) -> set[str]:
        """The hashes that control lets in."""
        listed = await self.client.list("Secret", namespace=self.namespace, selector=f"{KEY_HASH_LABEL}=true")
        found = {(self.namespace, each["metadata"]["name"]): read_hash_secret(each) for each in listed}
        keys = [read_api_key(each) for each in await self.client.list("ApiKey", namespace=self.namespace)]
        return set(build_keyring(keys, found, datetime.now(UTC)).credentials)


@pytest.fixture
def users(client: Client, namespace: str) -> Users:
    return Users(client, namespace)


async def test_an_instance_says_which_key_is_shut_gone_or_back(users: Users, start: Start) -> None:
    await start().wait_leading()
    await users.write("ApiKey", "team")
    await users.write("ApiKey", "spare")
    await users.write_instance(image="example.com/engine:1", apiKeys=["team"])
    await users.wait_for("InferenceInstance", "chat", "Routable", "KeysReady")
    await users.write("ApiKey", "team", disabled=True)
    message = await users.wait_for("InferenceInstance", "chat", "Routable", "ApiKeyDisabled")
    assert 'ApiKey "team"' in message
    await users.write("ApiKey", "team", disabled=False)
    await users.wait_for("InferenceInstance", "chat", "Routable", "KeysReady")
    await users.client.delete("ApiKey", users.namespace, "team")
    message = await users.wait_for("InferenceInstance", "chat", "Accepted", "ApiKeyNotFound")
    assert message.startswith('spec.apiKeys[0]: there is no ApiKey "team"')
    assert (await users.condition("InferenceInstance", "chat", "Routable"))["status"] == "False"


async def test_a_key_expires_by_itself_and_the_instance_hears_of_it(users: Users, start: Start) -> None:
    await start().wait_leading()
    end = datetime.now(UTC) + timedelta(seconds=4)
    await users.write("ApiKey", "team", expiresAt=end.isoformat())
    await users.write_instance(image="example.com/engine:1", apiKeys=["team"])
    await users.wait_for("InferenceInstance", "chat", "Routable", "KeysReady")
    await users.wait_for("ApiKey", "team", "Ready", "Expired")
    assert timedelta(0) <= datetime.now(UTC) - end < timedelta(seconds=1.5 * PATIENCE)
    await users.wait_for("InferenceInstance", "chat", "Routable", "ApiKeyExpired")


async def test_a_key_that_can_be_read_opens_however_often_the_operator_is_killed(users: Users, start: Start) -> None:
    chance = random.Random(4)  # noqa: S311 - when a process is killed
    operator = start()
    await operator.wait_leading()
    await users.write("ApiKey", "team", rotationOverlap=3600)
    await users.wait_for("ApiKey", "team", "Ready", "Ready")
    handed_out: list[str] = []
    for number in range(ROUNDS):
        await users.write("ApiKey", "team", rotationOverlap=3600, rotate=str(number))
        killed_at = asyncio.get_running_loop().time() + chance.choice((0.0, ANNOUNCE_SECONDS)) + chance.uniform(0, 0.1)
        while asyncio.get_running_loop().time() < killed_at:
            handed_out.append(await users.read_key() or "")
        operator.kill()
        handed_out.append(await users.read_key() or "")
        assert await users.read_opening() >= set(map(hash_key, handed_out))
        operator = start()
        await operator.wait_leading()

    async def is_done() -> bool:
        secret = await users.client.get("Secret", users.namespace, "team")
        annotations = secret["metadata"].get("annotations", {})
        return bool(annotations.get("inferops.dev/rotation") == str(ROUNDS - 1))

    await eventually(is_done)
    await users.wait_for("ApiKey", "team", "Ready", "Rotating")
    handed_out.append(await users.read_key() or "")
    assert await users.read_opening() >= set(map(hash_key, handed_out))
    print(f"{len(set(handed_out))} keys were read in {ROUNDS} rotations")


async def test_no_key_and_no_password_is_ever_told(users: Users, start: Start, registry: RunningRegistry) -> None:
    """Not in the log (with everything in it), not in a status, an event or any object but Secrets."""
    operator = start()
    await operator.wait_leading()
    await users.write_secret("given", token=GIVEN)
    await users.write_secret("login", password=WRONG)
    await users.write_secret("config", **{".dockerconfigjson": json.dumps({"auths": {registry.host: WRONG}})})
    await users.write("ApiKey", "team", rotationOverlap=3600)
    await users.write("ApiKey", "mine", secretRef={"name": "given", "key": "token"})
    reference = {"name": "login", "key": "password"}
    login = {"username": USER, "passwordSecretRef": reference, "insecure": True}
    await users.write("Registry", "private", url=registry.image, **login)
    await users.write("Registry", "broken", url=registry.image, dockerConfigSecretRef={"name": "config"})
    await users.write_instance(registry="private", apiKeys=["team", "mine"])
    await users.wait_for("Registry", "private", "Verified", "Unauthorized")
    await users.wait_for("Registry", "broken", "Accepted", "InvalidSecret")
    await users.wait_for("InferenceInstance", "chat", "Routable", "KeysReady")
    known = [await users.read_key()]
    await users.write("ApiKey", "team", rotationOverlap=3600, rotate="again")
    await users.wait_for("ApiKey", "team", "Ready", "Rotating")
    known.append(await users.read_key())
    await users.write_secret("given", token="a key with a space")
    await users.wait_for("ApiKey", "mine", "Ready", "InvalidKey")
    await users.write_secret("login", password=PASSWORD)
    await users.wait_for("Registry", "private", "Verified", "Verified")
    await eventually(lambda: has_events(users, {"Unauthorized", "InvalidSecret", "InvalidKey", "Verified"}))
    await operator.quiesce()
    told = operator.log.read_text()
    assert "httpcore" in told, "not everything is in the log"
    for kind in {*OUR_KINDS, "Event", "Deployment", "Service", "Ingress", "ScaledObject", "NetworkPolicy", "Lease"}:
        place = users.namespace if RESOURCES[kind].namespaced else ""
        told += json.dumps(await users.client.list(kind, namespace=place))
    for secret in [*known, GIVEN, WRONG, PASSWORD, "a key with a space"]:
        assert secret
        for form in (secret, base64.b64encode(secret.encode()).decode(), hash_key(secret)):
            assert form not in told


async def has_events(users: Users, reasons: set[str]) -> bool:
    """Whether there are some of all these reasons."""
    return reasons <= {event["reason"] for event in await users.client.list("Event", namespace=users.namespace)}
