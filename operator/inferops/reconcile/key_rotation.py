"""A new key in the place of one that we made, in an order in which no key that can be read is ever refused.

    1. the hash of the new key, beside that of the old one: the gateways take both
    2. a moment later the new key, with the old one, into the Secret: now it can be read
    3. the old hash is replaced, and ends after the overlap

Until step 2 the new key is in memory only. Where the operator is stopped before, the next one begins with another key.
"""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from inferops.cluster.cluster import check_owner
from inferops.names import Manifest
from inferops.plan.apikey import KEY_BYTES, MadeKey, build_key, build_key_secret, read_made_key
from inferops.reconcile.key_hashes import Subject, apply_hashes

ANNOUNCE_SECONDS = 1.0
"""From step 1 to step 2: the gateways need a tenth of it."""


class Announced(NamedTuple):
    """A key that the gateways know and nobody can read."""

    key: str
    before: str
    """The key whose place it takes."""
    wish: str
    since: datetime


class KeyRotation:
    """The rotations that are under way, by namespace and name of the ApiKey."""

    def __init__(self) -> None:
        self._announced: dict[tuple[str, str], Announced] = {}

    def forget(self, name: tuple[str, str]) -> None:
        """The ApiKey is gone or opens nothing."""
        self._announced.pop(name, None)

    async def advance(self, subject: Subject, made: MadeKey) -> tuple[MadeKey, str | None]:
        """The next step, where a rotation is wished for. Returns the key that is then in our Secret, and the one that
        will follow it.
        """
        wish, name = subject.spec.rotate, subject.name
        if not wish or wish == made.rotation:
            self.forget(name)
            return made, None
        live = await subject.cluster.client.get("Secret", *name)  # the store may be behind a key that we just made
        old = read_own_key(subject.obj, live)
        if old is None or old.rotation == wish:
            subject.cluster.stores["Secret"].put(live)
            self.forget(name)
            return old or made, None
        announced = self._announced.get(name)
        if announced is None or (announced.before, announced.wish) != (old.key, wish):
            announced = Announced(make_key(), old.key, wish, subject.now)
            if subject.opens:
                await apply_hashes(subject, old.key, announced.key)
                self._announced[name] = announced
        if subject.opens and (subject.now - announced.since).total_seconds() < ANNOUNCE_SECONDS:
            return old, announced.key
        made = build_successor(subject, announced)
        secret = build_key_secret(subject.obj, made)
        secret["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]  # nobody changed it meanwhile
        await subject.cluster.apply(secret)
        self.forget(name)
        return made, None


def build_successor(subject: Subject, announced: Announced) -> MadeKey:
    """The new content of our Secret."""
    overlap = timedelta(seconds=subject.spec.rotation_overlap)
    if not overlap or not subject.opens:
        return MadeKey(announced.key, announced.wish)
    ends = subject.now.replace(microsecond=0) + overlap
    return MadeKey(announced.key, announced.wish, announced.before, ends)


def make_key() -> str:
    """A key that there has never been."""
    return build_key(secrets.token_bytes(KEY_BYTES))


def read_own_key(obj: Manifest, secret: Manifest | None) -> MadeKey | None:
    """The key in our Secret. Raises NameConflict where the Secret is not ours: what is in there opens nothing."""
    made = read_made_key(secret or {})
    if secret and made:
        check_owner(secret, build_key_secret(obj, made))
    return made
