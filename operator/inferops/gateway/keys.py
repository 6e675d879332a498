"""API keys as the gateway knows them: SHA-256 hashes, never the keys.

A request's key becomes a client id, `<namespace>/<ApiKey>`; while an ApiKey rotates, both of its keys do. Where two
ApiKeys have the same secret, one of them gives the client id (the older one, unless it rotates), and holders of the
secret may do what either of the two may.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from inferops.names import Manifest, client_id
from inferops.specs.apikey import ApiKeySpec, Budget
from inferops.specs.base import read_spec
from inferops.specs.key_hashes import KeyHashes, hash_secret_name, read_hashes

SCOPE = "inference"
"""What a key needs to call instances."""


@dataclass(frozen=True)
class ApiKey:
    """One ApiKey."""

    namespace: str
    name: str
    uid: str
    created: str
    """RFC 3339, as the API server gives it: sorts as text."""
    spec: ApiKeySpec

    @property
    def seniority(self) -> tuple[str, str, str]:
        """Whose client id holders of a shared secret get: the smallest."""
        return self.created, self.namespace, self.name


@dataclass(frozen=True)
class Limited:
    """What one key may use; None: as much as it likes."""

    requests: int | None = None
    """In a minute."""
    tokens: int | None = None
    """In a minute."""
    budget: Budget | None = None


@dataclass(frozen=True)
class Keyring:
    """All keys that are valid at one moment."""

    credentials: Mapping[str, str]
    """Hash of a key -> client id."""
    callers: Mapping[tuple[str, str], tuple[str, ...]]
    """Namespace and name of an ApiKey that may call instances -> client ids that holders of its keys have."""
    next_expiry: datetime | None
    """When the first of them expires."""
    limits: Mapping[str, Limited]
    """By client id: of those that have a limit."""


@dataclass(frozen=True)
class HashSecret:
    """The hashes of one ApiKey."""

    owner: str
    """The uid of the ApiKey: a new one of the same name does not inherit them."""
    hashes: KeyHashes | None


def read_api_key(obj: Manifest) -> ApiKey:
    """Parse an ApiKey. Raises SpecError."""
    meta, spec = obj["metadata"], read_spec(ApiKeySpec, obj)
    return ApiKey(meta["namespace"], meta["name"], meta.get("uid", ""), meta.get("creationTimestamp", ""), spec)


def read_hash_secret(secret: Manifest) -> HashSecret:
    """Parse a Secret with hashes."""
    owners = secret["metadata"].get("ownerReferences") or ()
    return HashSecret(next((owner["uid"] for owner in owners if owner.get("controller")), ""), read_hashes(secret))


def build_keyring(api_keys: Iterable[ApiKey], secrets: Mapping[tuple[str, str], HashSecret], now: datetime) -> Keyring:
    """The keys that are valid at `now`; `secrets` by namespace and name."""
    rings = [(key, dict(valid_hashes(key, secrets, now))) for key in api_keys]
    credentials: dict[str, str] = {}
    led: dict[str, set[str]] = {}
    for key, ends in sorted(rings, key=lambda ring: (len(ring[1]), ring[0].seniority)):
        for digest in ends:
            client = credentials.setdefault(digest, client_id(key.namespace, key.name))
            led.setdefault(client, set()).add(digest)
    callers: dict[tuple[str, str], tuple[str, ...]] = {}
    for key, ends in rings:
        # a client id to which a key leads that is not this ApiKey's may not come in by its name
        clients = {credentials[digest] for digest in ends if led[credentials[digest]] <= ends.keys()}
        if clients and SCOPE in key.spec.scopes:
            callers[key.namespace, key.name] = tuple(sorted(clients))
    expiries = [end for _, ends in rings for end in ends.values() if end]
    limited = ((client_id(key.namespace, key.name), limited_by(key.spec)) for key, ends in rings if ends)
    limits = {client: limits for client, limits in limited if limits != Limited()}
    return Keyring(credentials, callers, min(expiries, default=None), limits)


def valid_hashes(
    api_key: ApiKey, secrets: Mapping[tuple[str, str], HashSecret], now: datetime
) -> Iterator[tuple[str, datetime | None]]:
    """The hashes of an ApiKey that open something at `now`, and when each ends."""
    spec, secret = api_key.spec, secrets.get((api_key.namespace, hash_secret_name(api_key.name)))
    if spec.disabled or (spec.expires_at and spec.expires_at <= now):
        return
    if secret is None or secret.hashes is None or secret.owner != api_key.uid:
        return
    for replaced in secret.hashes.valid(spec.rotation_overlap, now):
        end = replaced.ends(spec.rotation_overlap)
        yield replaced.sha256, min(end, spec.expires_at) if spec.expires_at else end
    for digest in filter(None, (secret.hashes.next, secret.hashes.current)):
        yield digest, spec.expires_at


def limited_by(spec: ApiKeySpec) -> Limited:
    """What an ApiKey may use."""
    limits = spec.limits
    return Limited(
        limits.requests_per_minute if limits else None, limits.tokens_per_minute if limits else None, spec.budget
    )
