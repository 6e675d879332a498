"""API keys as the gateway knows them: SHA-256 hashes, never the keys.

A request's key becomes a client id, `<namespace>/<ApiKey>`. Where two ApiKeys have the same secret, the older one gives
the client id, and holders of the secret may do what either of the two may.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from inferops.names import Manifest, client_id

HASH = re.compile(r"[0-9a-f]{64}")
HASH_FIELD = "sha256"
"""Field of a key's hash Secret."""
SCOPE = "inference"
"""What a key needs to call instances."""


@dataclass(frozen=True)
class Keyring:
    """All keys that are valid at one moment."""

    credentials: Mapping[str, str]
    """Hash of a key -> client id."""
    callers: Mapping[tuple[str, str], str]
    """Namespace and name of an ApiKey that may call instances -> client id."""
    next_expiry: datetime | None
    """When the first of them expires."""


def hash_secret_name(key: str) -> str:
    """Name of the Secret that holds the hash of ApiKey `key`."""
    return f"{key}-hash"


def read_hash(secret: Manifest) -> str | None:
    """The hash in a key's hash Secret; None where it holds none."""
    try:
        value = base64.b64decode((secret.get("data") or {}).get(HASH_FIELD, ""), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return value if HASH.fullmatch(value) else None


def read_expiry(api_key: Manifest) -> datetime | None:
    """From when on the key opens nothing; None: never. One without time zone never comes from the API server."""
    given = (api_key.get("spec") or {}).get("expiresAt")
    return datetime.fromisoformat(given) if given else None


def build_keyring(api_keys: Iterable[Manifest], secrets: Iterable[Manifest], now: datetime) -> Keyring:
    """The keys that are valid at `now`."""
    hashes = {(s["metadata"]["namespace"], s["metadata"]["name"]): read_hash(s) for s in secrets}
    credentials: dict[str, str] = {}
    callers: dict[tuple[str, str], str] = {}
    expiries: list[datetime] = []
    for api_key in sorted(api_keys, key=_age):
        meta, spec = api_key["metadata"], api_key.get("spec") or {}
        name = (meta["namespace"], meta["name"])
        digest = hashes.get((meta["namespace"], hash_secret_name(meta["name"])))
        expiry = read_expiry(api_key)
        if digest is None or spec.get("disabled") or (expiry and expiry <= now):
            continue
        client = credentials.setdefault(digest, client_id(*name))
        if SCOPE in spec.get("scopes", [SCOPE]):
            callers[name] = client
        if expiry:
            expiries.append(expiry)
    return Keyring(credentials, callers, min(expiries, default=None))


def _age(api_key: Manifest) -> tuple[str, str, str]:
    meta = api_key["metadata"]
    return meta.get("creationTimestamp", ""), meta["namespace"], meta["name"]
