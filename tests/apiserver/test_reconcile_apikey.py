"""What one look at an ApiKey leaves in a real API server."""

import base64
import hashlib
from datetime import timedelta

import pytest

from inferops.cluster.client import Client
from tests.support.world import NOON, World


@pytest.fixture
def world(client: Client, namespace: str) -> World:
    return World(client, namespace)


async def value(world: World, secret: str, key: str) -> str:
    return base64.b64decode((await world.get("Secret", secret))["data"][key]).decode()


async def test_a_key_is_made_once_and_its_hash_follows(world: World) -> None:
    await world.write("ApiKey", "team")
    await world.reconcile("ApiKey", "team")
    key = await value(world, "team", "apiKey")
    assert key.startswith("inf-")
    assert len(base64.urlsafe_b64decode(f"{key.removeprefix('inf-')}=")) == 32
    assert await value(world, "team-hash", "sha256") == hashlib.sha256(key.encode()).hexdigest()
    assert (await world.get("Secret", "team-hash"))["metadata"]["labels"]["inferops.dev/key-hash"] == "true"
    before = await world.versions()
    await world.reconcile("ApiKey", "team")
    assert await world.versions() == before


async def test_the_status_tells_keys_apart_and_never_shows_one(world: World) -> None:
    await world.write("ApiKey", "team")
    await world.reconcile("ApiKey", "team")
    key, obj = await value(world, "team", "apiKey"), await world.get("ApiKey", "team")
    assert obj["status"]["prefix"] == key[:6]
    assert obj["status"]["secretName"] == "team"
    assert key not in str(obj)


async def test_a_given_key_is_hashed_without_its_newline(world: World) -> None:
    await world.write_secret("mine", token="a-key-of-the-user\n")
    await world.write("ApiKey", "team", secretRef={"name": "mine", "key": "token"})
    await world.reconcile("ApiKey", "team")
    assert await value(world, "team-hash", "sha256") == hashlib.sha256(b"a-key-of-the-user").hexdigest()
    assert await world.names("Secret") == {"mine", "team-hash"}
    await world.write_secret("mine", token="another-key")
    await world.reconcile("ApiKey", "team")
    assert await value(world, "team-hash", "sha256") == hashlib.sha256(b"another-key").hexdigest()


async def test_a_key_that_is_gone_opens_nothing_and_says_why(world: World) -> None:
    await world.write_secret("mine", token="a-key-of-the-user")
    await world.write("ApiKey", "team", secretRef={"name": "mine", "key": "token"})
    await world.reconcile("ApiKey", "team")
    await world.write("ApiKey", "team", secretRef={"name": "mine", "key": "tokn"})
    await world.reconcile("ApiKey", "team")
    status, reason, message = await world.condition("ApiKey", "team", "Ready")
    assert (status, reason) == ("False", "KeyMissing")
    assert 'Did you mean "token"?' in message
    assert await world.names("Secret") == {"mine"}
    await world.write("ApiKey", "team", secretRef={"name": "absent", "key": "token"})
    await world.reconcile("ApiKey", "team")
    assert (await world.condition("ApiKey", "team", "Accepted"))[:2] == ("False", "SecretNotFound")


async def test_a_disabled_key_loses_its_hash_and_gets_it_back(world: World) -> None:
    await world.write("ApiKey", "team", disabled=True)
    await world.reconcile("ApiKey", "team")
    assert await world.names("Secret") == {"team"}
    assert (await world.condition("ApiKey", "team", "Ready"))[:2] == ("False", "Disabled")
    await world.write("ApiKey", "team", disabled=False)
    await world.reconcile("ApiKey", "team")
    assert await world.names("Secret") == {"team", "team-hash"}


async def test_a_key_expires_to_the_second(world: World) -> None:
    await world.write("ApiKey", "team", expiresAt="2026-01-01T12:00:30Z")
    wait = await world.reconcile("ApiKey", "team", NOON)
    assert wait == pytest.approx(30, abs=0.1)
    assert "team-hash" in await world.names("Secret")
    await world.reconcile("ApiKey", "team", NOON + timedelta(seconds=wait or 0))
    assert "team-hash" not in await world.names("Secret")
    status, reason, message = await world.condition("ApiKey", "team", "Ready")
    assert (status, reason) == ("False", "Expired")
    assert "2026-01-01T12:00:30Z" in message


async def test_a_secret_of_that_name_that_is_not_ours_stays(world: World) -> None:
    await world.write_secret("team", password="theirs")
    await world.write("ApiKey", "team")
    await world.reconcile("ApiKey", "team")
    assert (await world.condition("ApiKey", "team", "Accepted"))[:2] == ("False", "NameConflict")
    assert await value(world, "team", "password") == "theirs"


async def test_scopes_and_limits_act_and_so_say_nothing(world: World) -> None:
    await world.write("ApiKey", "team", limits={"tokensPerMinute": 5}, scopes=["manage"])
    await world.reconcile("ApiKey", "team")
    assert (await world.condition("ApiKey", "team", "Accepted"))[:2] == ("True", "Accepted")


async def test_a_secret_of_hashes_is_no_key(world: World) -> None:
    """It would be the hash of a hash of a hash, without end."""
    await world.write("ApiKey", "team")
    await world.reconcile("ApiKey", "team")
    await world.write("ApiKey", "team", secretRef={"name": "team-hash", "key": "sha256"})
    await world.reconcile("ApiKey", "team")
    status, reason, message = await world.condition("ApiKey", "team", "Accepted")
    assert (status, reason) == ("False", "InvalidKey")
    assert 'Secret "team-hash" holds hashes' in message


async def test_a_key_that_was_made_may_become_the_users_own(world: World) -> None:
    await world.write("ApiKey", "team")
    await world.reconcile("ApiKey", "team")
    key = await value(world, "team", "apiKey")
    await world.write("ApiKey", "team", secretRef={"name": "team", "key": "apiKey"})
    await world.reconcile("ApiKey", "team")
    assert await value(world, "team", "apiKey") == key
    assert (await world.condition("ApiKey", "team", "Ready"))[:2] == ("True", "Ready")


async def test_a_key_that_gives_way_to_the_users_own_goes(world: World) -> None:
    await world.write("ApiKey", "team")
    await world.reconcile("ApiKey", "team")
    await world.write_secret("mine", token="a-key-of-the-user")
    await world.write("ApiKey", "team", secretRef={"name": "mine", "key": "token"})
    await world.reconcile("ApiKey", "team")
    assert await world.names("Secret") == {"mine", "team-hash"}


async def test_a_key_that_a_backup_brought_back_without_its_owner_goes_on(world: World) -> None:
    await world.write("ApiKey", "team")
    await world.reconcile("ApiKey", "team")
    key = await value(world, "team", "apiKey")
    for secret in ("team", "team-hash"):
        await world.client.patch("Secret", world.namespace, secret, {"metadata": {"ownerReferences": None}})
    await world.client.delete("ApiKey", world.namespace, "team")
    obj = await world.write("ApiKey", "team")
    await world.reconcile("ApiKey", "team")
    assert await value(world, "team", "apiKey") == key
    assert (await world.condition("ApiKey", "team", "Ready"))[:2] == ("True", "Ready")
    for secret in ("team", "team-hash"):
        owners = (await world.get("Secret", secret))["metadata"]["ownerReferences"]
        assert [owner["uid"] for owner in owners] == [obj["metadata"]["uid"]]
