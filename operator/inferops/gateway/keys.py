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
from inferops.specs.apikey import ApiKeySpec
from inferops.specs.base import read_spec

HASH = re.compile(r"[0-9a-f]{64}")
HASH_FIELD = "sha256"
"""Field of a key's hash Secret."""
SCOPE = "inference"
"""What a key needs to call instances."""


@dataclass(frozen=True)
class ApiKey:
    """One ApiKey."""

    namespace: str
    name: str
    created: str
    """RFC 3339, as the API server gives it: sorts as text."""
    spec: ApiKeySpec

    @property
    def seniority(self) -> tuple[str, str, str]:
        """Whose client id holders of a shared secret get: the smallest."""
        return self.created, self.namespace, self.name


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


def read_api_key(obj: Manifest) -> ApiKey:
    """Parse an ApiKey. Raises SpecError."""
    meta = obj["metadata"]
    return ApiKey(meta["namespace"], meta["name"], meta.get("creationTimestamp", ""), read_spec(ApiKeySpec, obj))


def build_keyring(api_keys: Iterable[ApiKey], secrets: Iterable[Manifest], now: datetime) -> Keyring:
    """The keys that are valid at `now`."""
    hashes = {(s["metadata"]["namespace"], s["metadata"]["name"]): read_hash(s) for s in secrets}
    credentials: dict[str, str] = {}
    callers: dict[tuple[str, str], str] = {}
    expiries: list[datetime] = []
    for api_key in sorted(api_keys, key=lambda key: key.seniority):
        spec, name = api_key.spec, (api_key.namespace, api_key.name)
        digest = hashes.get((api_key.namespace, hash_secret_name(api_key.name)))
        if digest is None or spec.disabled or (spec.expires_at and spec.expires_at <= now):
            continue
        client = credentials.setdefault(digest, client_id(*name))
        if SCOPE in spec.scopes:
            callers[name] = client
        if spec.expires_at:
            expiries.append(spec.expires_at)
    return Keyring(credentials, callers, min(expiries, default=None))
