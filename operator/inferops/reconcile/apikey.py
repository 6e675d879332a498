"""ApiKey: its key is made or read from the user's Secret, and its hash is there while it may open something.

A key opens before anybody can read it, and goes on to open till its place is taken: the order of the writes sees to
that, wherever the operator is stopped between two of them.
"""

import secrets
from datetime import datetime
from typing import NamedTuple

from inferops.cluster.cluster import Cluster, check_owner
from inferops.errors import NotFound, SpecError
from inferops.names import KEY_HASH_LABEL, Manifest
from inferops.plan.apikey import (
    KEY_BYTES,
    MadeKey,
    build_hash_secret,
    build_key,
    build_key_secret,
    hash_key,
    parse_key,
    read_made_key,
    replace_key,
)
from inferops.plan.apikey_status import build_apikey_status, opens
from inferops.reconcile.queue import Key
from inferops.reconcile.secrets import read_secret, read_secret_key
from inferops.settings import Settings
from inferops.specs.apikey import ApiKeySpec
from inferops.specs.base import read_spec
from inferops.specs.key_hashes import KeyHashes, ReplacedKey, hash_secret_name, read_hashes

LONGEST_WAIT = 86400.0


class Subject(NamedTuple):
    """What one look is about."""

    cluster: Cluster
    obj: Manifest
    spec: ApiKeySpec
    now: datetime

    @property
    def name(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.obj["metadata"]["namespace"], self.obj["metadata"]["name"]

    @property
    def opens(self) -> bool:
        """Whether the key may open anything now."""
        return opens(self.spec, self.now)


async def reconcile_apikey(cluster: Cluster, settings: Settings, key: Key, now: datetime) -> float | None:  # noqa: ARG001 - all reconcilers are called alike
    """One look at an ApiKey; returns the seconds until it, or a key that it replaced, expires."""
    obj = cluster.stores["ApiKey"].get(key.namespace, key.name)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return None  # the garbage collector takes its Secrets
    try:
        subject = Subject(cluster, obj, read_spec(ApiKeySpec, obj), now)
    except SpecError as error:
        await cluster.apply_status(obj, build_apikey_status(obj, None, error, (), now))
        return None
    outcome: str | SpecError
    replaced: tuple[ReplacedKey, ...] = ()
    try:
        outcome, replaced = await (apply_given_key(subject) if subject.spec.secret_ref else apply_made_key(subject))
    except SpecError as error:
        outcome = error
        await close(subject)  # the key is gone, and so is what it opened
    await cluster.apply_status(obj, build_apikey_status(obj, subject.spec, outcome, replaced, now))
    return seconds_to_change(subject.spec, replaced, now)


def seconds_to_change(spec: ApiKeySpec, replaced: tuple[ReplacedKey, ...], now: datetime) -> float | None:
    """Seconds until the next key ends; None where none will."""
    ends = [key.ends(spec.rotation_overlap) for key in replaced] + ([spec.expires_at] if spec.expires_at else [])
    coming = [(end - now).total_seconds() + 0.01 for end in ends if end > now]
    return min(*coming, LONGEST_WAIT) if coming else None


async def apply_given_key(subject: Subject) -> tuple[str, tuple[ReplacedKey, ...]]:
    """The key in the user's Secret, and the ones before it that still open. Raises SpecError."""
    reference = subject.spec.secret_ref
    assert reference is not None  # noqa: S101 - the caller asked
    value = await read_secret_key(subject.cluster, subject.name[0], (reference.name, reference.key), "spec.secretRef")
    if KEY_HASH_LABEL in value.labels:
        raise SpecError(
            f'spec.secretRef: Secret "{reference.name}" holds hashes of a key; name the one with the key',
            reason="InvalidKey",
        )
    key = parse_key(value.encoded)
    replaced = await apply_hashes(subject, key)
    await prune(subject, hash_secret_name(subject.name[1]))
    return key, replaced


async def apply_made_key(subject: Subject) -> tuple[str, tuple[ReplacedKey, ...]]:
    """The key in our Secret, which is made where there is none and anew where the user wishes. Raises SpecError."""
    cluster, obj, wish = subject.cluster, subject.obj, subject.spec.rotate
    made = read_own_key(obj, await read_secret(cluster, *subject.name))
    if made is None:
        made = MadeKey(build_key(secrets.token_bytes(KEY_BYTES)), wish or "")
        await cluster.apply(build_key_secret(obj, made))  # a Secret that is not ours is a NameConflict
    elif wish and wish != made.rotation:
        made = await rotate_key(subject, wish)
    replaced = await apply_hashes(subject, made.key)
    last = next((key for key in replaced if made.previous and key.sha256 == hash_key(made.previous)), None)
    kept = MadeKey(made.key, made.rotation)
    if last:
        kept = kept._replace(previous=made.previous, previous_ends=last.ends(subject.spec.rotation_overlap))
    await cluster.apply(build_key_secret(obj, kept))
    return made.key, replaced


def read_own_key(obj: Manifest, secret: Manifest | None) -> MadeKey | None:
    """The key in our Secret. Raises NameConflict where the Secret is not ours: what is in there opens nothing."""
    made = read_made_key(secret or {})
    if secret and made:
        check_owner(secret, build_key_secret(obj, made))
    return made


async def rotate_key(subject: Subject, wish: str) -> MadeKey:
    """A new key in our Secret. The gateway takes it first; stopped after that, the next look begins with another."""
    cluster, obj = subject.cluster, subject.obj
    live = await cluster.client.get("Secret", *subject.name)  # the store may not yet know of a key that we just made
    old = read_own_key(obj, live)
    if old is None or old.rotation == wish:
        cluster.stores["Secret"].put(live)
        return old or MadeKey(build_key(secrets.token_bytes(KEY_BYTES)), wish)
    new = MadeKey(build_key(secrets.token_bytes(KEY_BYTES)), wish, old.key)
    secret = build_key_secret(obj, new)
    if subject.opens:
        known = await read_known(subject, hash_key(new.key)) or KeyHashes(hash_key(old.key))
        hashes = KeyHashes(known.current, hash_key(new.key), known.valid(subject.spec.rotation_overlap, subject.now))
        await cluster.apply(build_hash_secret(obj, hashes))
    secret["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]  # nobody changed it meanwhile
    await cluster.apply(secret)
    return new


async def apply_hashes(subject: Subject, key: str) -> tuple[ReplacedKey, ...]:
    """The hashes of the key and of those before it, while they open something; returns the latter."""
    if not subject.opens:
        await close(subject)
        return ()
    known = await read_known(subject, hash_key(key))
    prefix = (subject.obj.get("status") or {}).get("prefix", "")
    hashes = replace_key(known, key, prefix, subject.now)
    replaced = hashes.valid(subject.spec.rotation_overlap, subject.now)
    await subject.cluster.apply(build_hash_secret(subject.obj, KeyHashes(hashes.current, replaced=replaced)))
    return replaced


async def read_known(subject: Subject, digest: str) -> KeyHashes | None:
    """The hashes as they are. Where the key changed it is worth asking the API server: the store may be behind."""
    namespace, name = subject.name
    secret = await read_secret(subject.cluster, namespace, hash_secret_name(name))
    known = read_hashes(secret or {})
    if known and known.current != digest:
        try:
            return read_hashes(await subject.cluster.client.get("Secret", namespace, hash_secret_name(name)))
        except NotFound:
            return None
    return known


async def close(subject: Subject) -> None:
    """The hashes go, and with them the access."""
    await prune(subject)


async def prune(subject: Subject, *names: str) -> None:
    """Of our Secrets, keep those names and the one with the key; one that we made may be the user's by now."""
    meta, reference = subject.obj["metadata"], subject.spec.secret_ref
    keep = {("Secret", name) for name in (*names, reference.name if reference else meta["name"])}
    await subject.cluster.prune(meta["uid"], keep)
