"""Who calls: a key by `x-api-key` or `Authorization: Bearer`, known by its SHA-256 alone; mostly with scope manage.

Whatever ends a key ends it here at once: each request looks at the ApiKey as the watches last saw it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from inferops.api.problems import Refusal, unavailable
from inferops.api.services import Given
from inferops.api.world import World
from inferops.cluster.store import name_of
from inferops.errors import SpecError
from inferops.gateway.keys import ApiKey, read_api_key, read_hash_secret, valid_hashes
from inferops.names import client_id
from inferops.plan.apikey import hash_key
from inferops.specs.key_hashes import hash_secret_name

SCOPE = "manage"
CALL = "inference"
MISSING = "The request has no key: send one as x-api-key, or as Authorization: Bearer."
WRONG = "The key opens nothing: it is unknown, expired, disabled or was replaced."

header = APIKeyHeader(name="x-api-key", auto_error=False, description="An API key, mostly with scope manage.")
bearer = HTTPBearer(auto_error=False, description="The same key.")


@dataclass(frozen=True)
class Caller:
    """The holder of a key."""

    namespace: str
    """All that the caller can see, and can change anything in."""
    key: str
    """Name of the ApiKey."""
    scopes: tuple[str, ...]
    digest: str = ""
    """SHA-256 of the secret, by which an answer that lasts is asked about again."""
    opens: tuple[str, ...] = ()
    """ApiKeys of the namespace with scope inference that have this secret: what names one of them may be called."""


async def identify(
    request: Request,
    services: Given,
    key: Annotated[str | None, Depends(header)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """The holder of any valid key. Refuses with 401."""
    if gaps := services.world.find_gaps():
        raise unavailable(f"The API has only just started: {gaps[0]}. Try again.")
    secret = key or (credentials.credentials if credentials else "")
    if not secret:
        raise Refusal(401, MISSING, headers={"www-authenticate": "Bearer"})
    keys = find_keys(services.world, hash_key(secret), services.clock())
    if not keys:
        raise Refusal(401, WRONG, headers={"www-authenticate": "Bearer"})
    first = keys[0]
    request.state.client = client_id(first.namespace, first.name)
    opens = tuple(key.name for key in keys if key.namespace == first.namespace and CALL in key.spec.scopes)
    return Caller(first.namespace, first.name, tuple(first.spec.scopes), hash_key(secret), opens)


Identified = Annotated[Caller, Depends(identify)]


async def authenticate(caller: Identified) -> Caller:
    """The caller, who may manage. Refuses with 403."""
    if SCOPE not in caller.scopes:
        raise Refusal(403, f'The key "{caller.key}" may call instances only: the REST API needs scope {SCOPE}.')
    return caller


Authenticated = Annotated[Caller, Depends(authenticate)]


def may_manage(world: World, caller: Caller, now: datetime) -> bool:
    """Whether the key of a caller who was let in is still good."""
    found = next(iter(find_keys(world, caller.digest, now)), None)
    return found is not None and found.namespace == caller.namespace and SCOPE in found.spec.scopes


def find_keys(world: World, digest: str, now: datetime) -> list[ApiKey]:
    """The ApiKeys that the hash is of and that are valid now, the oldest first; before them those that may manage."""
    found = []
    for secret in world.key_secrets(digest):
        namespace, name = name_of(secret)
        obj = world.stores["ApiKey"].get(namespace, name.removesuffix(hash_secret_name("")))
        if obj is None or "deletionTimestamp" in obj["metadata"]:
            continue
        try:
            key = read_api_key(obj)
        except SpecError:
            continue
        if digest in dict(valid_hashes(key, {(namespace, name): read_hash_secret(secret)}, now)):
            found.append(key)
    return sorted(found, key=lambda each: (SCOPE not in each.spec.scopes, each.seniority))
