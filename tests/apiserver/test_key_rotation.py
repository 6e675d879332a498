"""Keys change hands in a real API server: what opens when, and what a crash between two writes leaves."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from inferops.cluster.client import Client
from inferops.gateway.keys import build_keyring, read_api_key, read_hash_secret
from inferops.names import KEY_HASH_LABEL, Manifest
from inferops.reconcile.apikey import ApiKeyReconciler
from inferops.reconcile.key_rotation import ANNOUNCE_SECONDS
from inferops.reconcile.queue import Key
from tests.support.world import NOON, World

HOUR = timedelta(hours=1)


class KeyWorld(World):
    """A namespace with the ApiKey `team`."""

    async def key(self, field: str = "apiKey") -> str:
        """A key in our Secret."""
        return base64.b64decode((await self.get("Secret", "team"))["data"][field]).decode()

    async def look(self, now: datetime = NOON) -> float | None:
        """One look of the operator; where a new key is to be announced first, that was just in time."""
        await self.reconcile("ApiKey", "team", now - timedelta(seconds=ANNOUNCE_SECONDS))
        return await self.reconcile("ApiKey", "team", now)

    async def look_at_old_news(self, now: datetime = NOON) -> float | None:
        """One look without a read before it: as when the watches are behind."""
        key = Key("ApiKey", self.namespace, "team")
        return await self.reconcilers["ApiKey"](self.cluster, self.settings, key, now)

    def restart(self) -> None:
        """A new operator, which remembers nothing."""
        self.reconcilers["ApiKey"] = ApiKeyReconciler()

    async def opening(self, now: datetime = NOON) -> set[str]:
        """The hashes that control would let in, from what control reads."""
        obj = read_api_key(await self.get("ApiKey", "team"))
        listed = await self.client.list("Secret", namespace=self.namespace, selector=f"{KEY_HASH_LABEL}=true")
        secrets = {(self.namespace, each["metadata"]["name"]): read_hash_secret(each) for each in listed}
        keyring = build_keyring([obj], secrets, now)
        assert set(keyring.credentials.values()) <= {f"{self.namespace}/team"}
        return set(keyring.credentials)


@pytest.fixture
def world(client: Client, namespace: str) -> KeyWorld:
    return KeyWorld(client, namespace)


def digests(*keys: str) -> set[str]:
    return {hashlib.sha256(key.encode()).hexdigest() for key in keys}


async def test_a_wish_makes_a_new_key_and_both_open_until_the_overlap_ends(world: KeyWorld) -> None:
    await world.write("ApiKey", "team", rotationOverlap=3600)
    await world.look()
    old = await world.key()
    await world.write("ApiKey", "team", rotationOverlap=3600, rotate="first")
    assert await world.look() == pytest.approx(3600, abs=0.1)
    new = await world.key()
    assert new != old
    assert await world.key("previousApiKey") == old
    assert await world.opening() == digests(old, new)
    status = (await world.get("ApiKey", "team"))["status"]
    assert (status["prefix"], status["ready"]) == (new[:6], "Rotating")
    assert status["replaced"] == [{"prefix": old[:6], "expiresAt": "2026-01-01T13:00:00Z"}]
    annotations = (await world.get("Secret", "team"))["metadata"]["annotations"]
    assert annotations["inferops.dev/previous-key-expires-at"] == "2026-01-01T13:00:00Z"
    assert await world.opening(NOON + HOUR) == digests(new), "the gateway needs no operator to end a key"
    assert await world.look(NOON + HOUR) is None
    assert "previousApiKey" not in (await world.get("Secret", "team"))["data"]
    status = (await world.get("ApiKey", "team"))["status"]
    assert (status["ready"], "replaced" in status) == ("Ready", False)


async def test_the_same_wish_makes_no_second_key_nor_does_taking_it_away(world: KeyWorld) -> None:
    await world.write("ApiKey", "team", rotate="first")
    await world.look()
    key = await world.key()
    before = await world.versions()
    await world.look()
    assert await world.versions() == before
    for wish in ({}, {"rotate": "first"}):
        await world.write("ApiKey", "team", **wish)
        await world.look()
        assert await world.key() == key


async def test_without_overlap_the_key_before_ends_at_once(world: KeyWorld) -> None:
    await world.write("ApiKey", "team")
    await world.look()
    await world.write("ApiKey", "team", rotate="first")
    assert await world.look() is None
    secret = await world.get("Secret", "team")
    assert set(secret["data"]) == {"apiKey"}
    assert await world.opening() == digests(await world.key())


async def test_a_new_value_in_the_users_secret_overlaps_with_the_old_one(world: KeyWorld) -> None:
    await world.write_secret("mine", token="first-key-of-the-user")
    await world.write("ApiKey", "team", secretRef={"name": "mine", "key": "token"}, rotationOverlap=60)
    await world.reconcile("ApiKey", "team")
    await world.write_secret("mine", token="second-key-of-the-user")
    await world.reconcile("ApiKey", "team")
    assert await world.opening() == digests("first-key-of-the-user", "second-key-of-the-user")
    await world.write_secret("mine", token="third-key-of-the-user")
    later = NOON + timedelta(seconds=30)
    assert await world.reconcile("ApiKey", "team", later) == pytest.approx(30, abs=0.1)
    assert len(await world.opening(later)) == 3
    assert await world.opening(NOON + timedelta(seconds=60)) == digests(
        "second-key-of-the-user", "third-key-of-the-user"
    )
    assert len((await world.get("ApiKey", "team"))["status"]["replaced"]) == 2


async def test_an_old_key_that_comes_back_is_the_present_one_again(world: KeyWorld) -> None:
    await world.write("ApiKey", "team", secretRef={"name": "mine", "key": "token"}, rotationOverlap=60)
    for token in ("first-key", "second-key", "first-key"):
        await world.write_secret("mine", token=token)
        await world.look()
    assert await world.opening() == digests("first-key", "second-key")
    assert await world.opening(NOON + HOUR) == digests("first-key")


async def test_an_overlap_that_is_cut_short_counts_at_once(world: KeyWorld) -> None:
    await world.write("ApiKey", "team", rotationOverlap=3600)
    await world.look()
    await world.write("ApiKey", "team", rotationOverlap=3600, rotate="first")
    await world.look()
    await world.write("ApiKey", "team", rotationOverlap=0, rotate="first")
    assert await world.opening() == digests(await world.key()), "before the operator has looked"
    await world.look()
    assert set((await world.get("Secret", "team"))["data"]) == {"apiKey"}


async def test_a_leaked_key_that_was_disabled_and_replaced_never_opens_again(world: KeyWorld) -> None:
    await world.write("ApiKey", "team", rotationOverlap=3600)
    await world.look()
    await world.write("ApiKey", "team", rotationOverlap=3600, disabled=True)
    await world.look()
    await world.write("ApiKey", "team", rotationOverlap=3600, disabled=True, rotate="leaked")
    await world.look()
    await world.write("ApiKey", "team", rotationOverlap=3600, rotate="leaked")
    await world.look()
    assert await world.opening() == digests(await world.key())


async def test_the_end_of_the_whole_key_is_the_end_of_the_one_before(world: KeyWorld) -> None:
    ends = {"rotationOverlap": 3600, "expiresAt": "2026-01-01T12:10:00Z"}
    await world.write("ApiKey", "team", **ends)
    await world.look()
    await world.write("ApiKey", "team", **ends, rotate="first")
    assert await world.look() == pytest.approx(600, abs=0.1)
    assert (await world.get("ApiKey", "team"))["status"]["replaced"][0]["expiresAt"] == "2026-01-01T12:10:00Z"
    assert await world.opening(NOON + timedelta(minutes=10)) == set()


async def test_a_new_apikey_of_the_same_name_does_not_inherit_what_opened(world: KeyWorld) -> None:
    await world.write("ApiKey", "team")
    await world.look()
    await world.client.delete("ApiKey", world.namespace, "team")
    await world.write("ApiKey", "team")
    assert await world.opening() == set()


class Crash(Exception):
    """The process is gone."""


WRITES = ("the hash of the new key", "a status", "the new key", "the end of the old one", "the last status")


@pytest.mark.parametrize("lost", [False, True], ids=["never sent", "answer lost"])
@pytest.mark.parametrize("allowed", range(len(WRITES)))
@pytest.mark.parametrize("overlap", [0, 3600])
async def test_a_crash_between_writes_shuts_no_key_that_could_be_read(
    world: KeyWorld, monkeypatch: pytest.MonkeyPatch, allowed: int, overlap: int, *, lost: bool
) -> None:
    await world.write("ApiKey", "team", rotationOverlap=overlap)
    await world.look()
    old = await world.key()
    await world.write("ApiKey", "team", rotationOverlap=overlap, rotate="first")
    with monkeypatch.context() as patch:
        patch.setattr(world.client, "apply", crash_after(world.client, allowed, lost=lost))
        with pytest.raises(Crash):
            await world.look()
    world.restart()
    assert await world.opening() >= digests(await world.key()), "what can be read opens"
    await world.look()
    new = await world.key()
    assert new != old
    assert await world.opening() == digests(new, *([old] if overlap else []))


def crash_after(client: Client, allowed: int, *, lost: bool) -> Callable[..., Any]:
    """client.apply that ends the process at the write after `allowed` more; `lost`: that write still arrives."""
    apply, done = client.apply, 0

    async def apply_or_crash(manifest: Manifest, **options: Any) -> Manifest:
        nonlocal done
        done += 1
        if done <= allowed:
            return await apply(manifest, **options)
        if lost:
            await apply(manifest, **options)
        raise Crash

    return apply_or_crash


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_write_whose_answer_is_lost_makes_no_third_key(
    world: KeyWorld, monkeypatch: pytest.MonkeyPatch, *, restarted: bool
) -> None:
    """The store still has the old key, as a watch that is behind leaves it."""
    await world.write("ApiKey", "team", rotationOverlap=3600)
    await world.look()
    await world.write("ApiKey", "team", rotationOverlap=3600, rotate="first")
    await world.read()
    assert await world.look_at_old_news() == ANNOUNCE_SECONDS
    later = NOON + timedelta(seconds=ANNOUNCE_SECONDS)
    with monkeypatch.context() as patch:
        patch.setattr(world.client, "apply", crash_after(world.client, 0, lost=True))
        with pytest.raises(Crash):
            await world.look_at_old_news(later)
    new = await world.key()
    if restarted:
        world.restart()
    await world.look_at_old_news(later)
    assert await world.key() == new
    assert digests(new) <= await world.opening()


async def test_a_new_key_can_be_read_only_after_the_gateways_had_time_to_hear_of_it(world: KeyWorld) -> None:
    await world.write("ApiKey", "team")
    await world.look()
    old = await world.key()
    await world.write("ApiKey", "team", rotate="first")
    assert await world.reconcile("ApiKey", "team", NOON) == ANNOUNCE_SECONDS
    early = NOON + timedelta(seconds=ANNOUNCE_SECONDS / 2)
    for _ in range(2):
        await world.reconcile("ApiKey", "team", early)
        assert await world.key() == old
        assert len(await world.opening()) == 2
    await world.reconcile("ApiKey", "team", NOON + timedelta(seconds=ANNOUNCE_SECONDS))
    assert await world.key() != old
    assert await world.opening() == digests(await world.key())


async def test_a_second_wish_before_the_first_is_done_makes_one_key(world: KeyWorld) -> None:
    await world.write("ApiKey", "team", rotationOverlap=60)
    await world.look()
    old = await world.key()
    await world.write("ApiKey", "team", rotationOverlap=60, rotate="first")
    await world.reconcile("ApiKey", "team", NOON)
    await world.write("ApiKey", "team", rotationOverlap=60, rotate="second")
    await world.look(NOON + timedelta(seconds=2))
    assert await world.opening(NOON + timedelta(seconds=2)) == digests(old, await world.key())


async def test_a_foreign_secret_opens_nothing_even_if_it_looks_like_ours(world: KeyWorld) -> None:
    await world.write_secret("team", apiKey="a-key-of-somebody")
    await world.write("ApiKey", "team", rotate="first")
    await world.look()
    assert (await world.condition("ApiKey", "team", "Accepted"))[:2] == ("False", "NameConflict")
    assert await world.names("Secret") == {"team"}
