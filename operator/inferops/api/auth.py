"""Who calls: a key by `x-api-key` or `Authorization: Bearer`, known by its SHA-256 alone, with scope manage.

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
MISSING = "The request has no key: send one as x-api-key, or as Authorization: Bearer."
WRONG = "The key opens nothing: it is unknown, expired, disabled or was replaced."

header = APIKeyHeader(name="x-api-key", auto_error=False, description="An API key with scope manage.")
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


async def authenticate(
    request: Request,
    services: Given,
    key: Annotated[str | None, Depends(header)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """The caller. Refuses with 401 without a valid key, and with 403 where it may not manage."""
    if gaps := services.world.find_gaps():
        raise unavailable(f"The API has only just started: {gaps[0]}. Try again.")
    secret = key or (credentials.credentials if credentials else "")
    if not secret:
        raise Refusal(401, MISSING, headers={"www-authenticate": "Bearer"})
    found = find_key(services.world, hash_key(secret), services.clock())
    if found is None:
        raise Refusal(401, WRONG, headers={"www-authenticate": "Bearer"})
    request.state.client = client_id(found.namespace, found.name)
    if SCOPE not in found.spec.scopes:
        raise Refusal(403, f'The key "{found.name}" may call instances only: the REST API needs scope {SCOPE}.')
    return Caller(found.namespace, found.name, tuple(found.spec.scopes), hash_key(secret))


def may_manage(world: World, caller: Caller, now: datetime) -> bool:
    """Whether the key of a caller who was let in is still good."""
    found = find_key(world, caller.digest, now)
    return found is not None and found.namespace == caller.namespace and SCOPE in found.spec.scopes


def find_key(world: World, digest: str, now: datetime) -> ApiKey | None:
    """The ApiKey that the hash is of and that is valid now. Where several have the same secret: one that may manage,
    the oldest of those.
    """
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
    return min(found, key=lambda each: (SCOPE not in each.spec.scopes, each.seniority), default=None)


Authenticated = Annotated[Caller, Depends(authenticate)]
