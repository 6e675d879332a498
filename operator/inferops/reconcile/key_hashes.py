"""The hashes of an ApiKey follow its key: they are there while it opens something."""

from datetime import datetime
from typing import NamedTuple

from inferops.cluster.cluster import Cluster
from inferops.errors import NotFound
from inferops.names import Manifest
from inferops.plan.apikey import build_hash_secret, hash_key, replace_key
from inferops.plan.apikey_status import opens
from inferops.reconcile.secrets import read_secret
from inferops.specs.apikey import ApiKeySpec
from inferops.specs.key_hashes import KeyHashes, ReplacedKey, hash_secret_name, read_hashes


class Subject(NamedTuple):
    """What one look at an ApiKey is about."""

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


async def apply_hashes(subject: Subject, key: str, following: str | None = None) -> tuple[ReplacedKey, ...]:
    """The hashes of the key, of the one that will follow it and of those before it that still open, which are returned;
    none while the ApiKey opens nothing.
    """
    if not subject.opens:
        await prune_secrets(subject)
        return ()
    known = await read_known(subject, hash_key(key))
    prefix = (subject.obj.get("status") or {}).get("prefix", "")
    hashes = replace_key(known, key, prefix, subject.now)
    replaced = hashes.valid(subject.spec.rotation_overlap, subject.now)
    announced = hash_key(following) if following else None
    await subject.cluster.apply(build_hash_secret(subject.obj, KeyHashes(hashes.current, announced, replaced)))
    await prune_secrets(subject, hash_secret_name(subject.name[1]))
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


async def prune_secrets(subject: Subject, *names: str) -> None:
    """Of our Secrets, keep those names and the one with the key; one that we made may be the user's by now."""
    meta, reference = subject.obj["metadata"], subject.spec.secret_ref
    keep = {("Secret", name) for name in (*names, reference.name if reference else meta["name"])}
    await subject.cluster.prune(meta["uid"], keep)
