"""ApiKey: its key is made once or read from the user's Secret, and its hash is there while it may open something."""

import secrets
from datetime import datetime

from inferops.cluster.cluster import Cluster
from inferops.errors import SpecError
from inferops.names import Manifest
from inferops.plan.apikey import KEY_BYTES, KEY_FIELD, build_hash_secret, build_key, build_key_secret, parse_key
from inferops.plan.apikey_status import build_apikey_status, opens
from inferops.reconcile.queue import Key
from inferops.reconcile.secrets import read_secret, read_secret_key
from inferops.settings import Settings
from inferops.specs.apikey import ApiKeySpec
from inferops.specs.base import read_spec

LONGEST_WAIT = 86400.0


async def reconcile_apikey(cluster: Cluster, settings: Settings, key: Key, now: datetime) -> float | None:  # noqa: ARG001 - all reconcilers are called alike
    """One look at an ApiKey; returns the seconds until it expires."""
    obj = cluster.stores["ApiKey"].get(key.namespace, key.name)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return None  # the garbage collector takes its Secrets
    spec: ApiKeySpec | None = None
    outcome: str | SpecError
    try:
        spec = read_spec(ApiKeySpec, obj)
        outcome = await obtain_key(cluster, obj, spec)
        await apply_hash(cluster, obj, outcome if opens(spec, now) else None, made=spec.secret_ref is None)
    except SpecError as error:
        outcome = error
        if spec:  # the key is gone, and so is what it opened
            await apply_hash(cluster, obj, None, made=spec.secret_ref is None)
    await cluster.apply_status(obj, build_apikey_status(obj, spec, outcome, now))
    if spec is None or spec.expires_at is None or now >= spec.expires_at:
        return None
    return min((spec.expires_at - now).total_seconds() + 0.01, LONGEST_WAIT)


async def obtain_key(cluster: Cluster, obj: Manifest, spec: ApiKeySpec) -> str:
    """The key in the user's Secret, or in ours, which is made where there is none. Raises SpecError."""
    namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
    if spec.secret_ref:
        reference = (spec.secret_ref.name, spec.secret_ref.key)
        return parse_key(await read_secret_key(cluster, namespace, reference, "spec.secretRef"))
    existing = (await read_secret(cluster, namespace, name) or {}).get("data") or {}
    key = parse_key(existing[KEY_FIELD]) if KEY_FIELD in existing else build_key(secrets.token_bytes(KEY_BYTES))
    await cluster.apply(build_key_secret(obj, key))  # a Secret that is not ours is a NameConflict
    return key


async def apply_hash(cluster: Cluster, obj: Manifest, key: str | None, *, made: bool) -> None:
    """The hash of a key that opens something; without one the hash goes, and with it the access."""
    keep = {("Secret", obj["metadata"]["name"])} if made else set()
    if key is not None:
        secret = build_hash_secret(obj, key)
        await cluster.apply(secret)
        keep.add(("Secret", secret["metadata"]["name"]))
    await cluster.prune(obj["metadata"]["uid"], keep)
