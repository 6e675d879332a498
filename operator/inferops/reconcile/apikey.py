"""ApiKey: its key is made or read from the user's Secret, and its hash is there while it may open something."""

from datetime import datetime
from typing import NamedTuple

from inferops.cluster.cluster import Cluster
from inferops.errors import SpecError
from inferops.names import KEY_HASH_LABEL
from inferops.plan.apikey import MadeKey, build_key_secret, hash_key, parse_key
from inferops.plan.apikey_status import build_apikey_status
from inferops.plan.spending import seconds_to_calm
from inferops.reconcile.key_hashes import Subject, apply_hashes, prune_secrets
from inferops.reconcile.key_rotation import ANNOUNCE_SECONDS, KeyRotation, make_key, read_own_key
from inferops.reconcile.queue import Key
from inferops.reconcile.secrets import read_secret, read_secret_key
from inferops.reconcile.status import write_status
from inferops.settings import Settings
from inferops.specs.apikey import ApiKeySpec
from inferops.specs.base import SecretKeyRef, read_spec
from inferops.specs.key_hashes import ReplacedKey

LONGEST_WAIT = 86400.0


class Applied(NamedTuple):
    """What opens now."""

    key: str
    replaced: tuple[ReplacedKey, ...]
    """The keys before it that still open."""
    rotating: bool = False
    """Another key takes its place in a moment."""


class ApiKeyReconciler:
    """Remembers the rotations that are under way."""

    def __init__(self) -> None:
        self._rotation = KeyRotation()

    async def __call__(self, cluster: Cluster, settings: Settings, key: Key, now: datetime) -> float | None:  # noqa: ARG002 - all reconcilers are called alike
        """One look at an ApiKey; returns the seconds until something of it ends."""
        obj = cluster.stores["ApiKey"].get(key.namespace, key.name)
        if obj is None or obj["metadata"].get("deletionTimestamp"):
            self._rotation.forget((key.namespace, key.name))
            return None  # the garbage collector takes its Secrets
        try:
            subject = Subject(cluster, obj, read_spec(ApiKeySpec, obj), now)
        except SpecError as error:
            await write_status(cluster, obj, build_apikey_status(obj, None, error, (), now))
            return None
        try:
            applied = await self._apply(subject)
        except SpecError as error:
            await prune_secrets(subject)  # the key is gone, and so is what it opened
            await write_status(cluster, obj, build_apikey_status(obj, subject.spec, error, (), now))
            return seconds_to_change(subject.spec, (), now)
        status = build_apikey_status(obj, subject.spec, applied.key, applied.replaced, now)
        await write_status(cluster, obj, status)
        if applied.rotating:
            return ANNOUNCE_SECONDS
        waits = seconds_to_change(subject.spec, applied.replaced, now), seconds_to_calm(obj, now)
        return min((wait for wait in waits if wait is not None), default=None)

    async def _apply(self, subject: Subject) -> Applied:
        """The Secrets. Raises SpecError."""
        if reference := subject.spec.secret_ref:
            self._rotation.forget(subject.name)
            key = await read_given_key(subject, reference)
            return Applied(key, await apply_hashes(subject, key))
        made = read_own_key(subject.obj, await read_secret(subject.cluster, *subject.name))
        if made is None:
            made = MadeKey(make_key(), subject.spec.rotate or "")
            await subject.cluster.apply(build_key_secret(subject.obj, made))  # not ours: a NameConflict
        made, following = await self._rotation.advance(subject, made)
        replaced = await apply_hashes(subject, made.key, following)
        await subject.cluster.apply(build_key_secret(subject.obj, keep_previous(subject.spec, made, replaced)))
        return Applied(made.key, replaced, following is not None)


async def read_given_key(subject: Subject, reference: SecretKeyRef) -> str:
    """The key in the user's Secret. Raises SpecError."""
    value = await read_secret_key(subject.cluster, subject.name[0], (reference.name, reference.key), "spec.secretRef")
    if KEY_HASH_LABEL in value.labels:
        text = f'spec.secretRef: Secret "{reference.name}" holds hashes of a key; name the one with the key'
        raise SpecError(text, reason="InvalidKey")
    return parse_key(value.encoded)


def keep_previous(spec: ApiKeySpec, made: MadeKey, replaced: tuple[ReplacedKey, ...]) -> MadeKey:
    """The content of our Secret: the key before the present one stays for as long as it opens."""
    last = next((key for key in replaced if made.previous and key.sha256 == hash_key(made.previous)), None)
    if last is None:
        return MadeKey(made.key, made.rotation)
    return made._replace(previous_ends=last.ends(spec.rotation_overlap))


def seconds_to_change(spec: ApiKeySpec, replaced: tuple[ReplacedKey, ...], now: datetime) -> float | None:
    """Seconds until the next key ends; None where none will."""
    ends = [key.ends(spec.rotation_overlap) for key in replaced] + ([spec.expires_at] if spec.expires_at else [])
    coming = [(end - now).total_seconds() + 0.01 for end in ends if end > now]
    return min(*coming, LONGEST_WAIT) if coming else None
