"""Keys that are made here: the ApiKey, the Secret that it names, and the moment from which the gateways know them.

The order is that in which nothing is half done: an ApiKey whose Secret cannot be made is deleted again, and a key is
told only after the operator has published its hash (or SECONDS later, where no operator runs).
"""

import logging

from inferops.api.guards import Guard
from inferops.api.idempotency import ROTATION, Marks
from inferops.api.once import is_repeated
from inferops.api.problems import Refusal
from inferops.api.services import Services
from inferops.api.translate.fields import Operation, plan_annotations
from inferops.api.translate.keys import plan_rotation
from inferops.cluster.store import name_of
from inferops.errors import Conflict
from inferops.names import Manifest
from inferops.plan.apikey import PREVIOUS_FIELD, MadeKey, build_key_secret, hash_key, key_prefix
from inferops.plan.apikey_status import opens
from inferops.plan.conditions import find_condition
from inferops.reconcile.key_rotation import make_key
from inferops.specs.apikey import ApiKeySpec
from inferops.specs.base import read_spec
from inferops.specs.key_hashes import hash_secret_name, read_hashes

logger = logging.getLogger(__name__)

SECONDS = 5.0
"""To wait for the operator."""


async def create_with_secret(services: Services, manifest: Manifest) -> tuple[Manifest, str]:
    """Both objects, and the key. Neither stays where the second cannot be made."""
    key, obj = make_key(), await services.writer.create(manifest)
    try:
        await services.writer.create_secret(build_key_secret(obj, MadeKey(key)))
    except BaseException as error:
        await services.writer.delete(obj)
        if isinstance(error, Conflict):
            name = obj["metadata"]["name"]
            raise Refusal(
                409, f'There is a Secret "{name}" already, in which the key would be: take another name.'
            ) from None
        raise
    return await announced(services, obj, key), key


async def rotate_secret(
    services: Services, obj: Manifest, guard: Guard, overlap: int | None, marks: Marks | None
) -> tuple[Manifest, str | None]:
    """The ApiKey, and its new key; None where the very same request came before. The overlap comes first: with it the
    old key goes on to open; and the marks with it: of those who send the same at once, one makes a key.
    """
    namespace, name = name_of(obj)
    repeated = marks is not None and is_repeated(obj, marks, ROTATION)
    if not repeated:
        guard.check(obj)

    def plan(live: Manifest) -> list[Operation]:
        nonlocal repeated
        repeated = marks is not None and is_repeated(live, marks, ROTATION)
        return [] if repeated else plan_rotation(live, overlap, marks)

    before = read_published(services, namespace, name)
    changed = await services.writer.change("ApiKey", namespace, name, plan)
    if repeated:
        return changed, None
    try:
        return await replace_key(services, changed, before)
    except BaseException:
        if marks:
            await services.writer.change("ApiKey", namespace, name, lambda live: plan_retry(live, marks))
        raise


def plan_retry(obj: Manifest, marks: Marks) -> list[Operation]:
    """What failed may be asked for again."""
    return plan_annotations(obj, dict.fromkeys(ROTATION)) if is_repeated(obj, marks, ROTATION) else []


async def replace_key(services: Services, obj: Manifest, before: str | None) -> tuple[Manifest, str]:
    """The ApiKey, and its new key. Refuses with 409 where another than that or the one `before` is published now."""
    key, (namespace, name) = make_key(), name_of(obj)
    secret = build_key_secret(obj, MadeKey(key))
    await services.writer.fill_secret({**secret, "data": {PREVIOUS_FIELD: None, **secret["data"]}})
    rotated = await announced(services, obj, key)
    if read_published(services, namespace, name) not in {before, hash_key(key), None}:
        raise Refusal(
            409, f'Somebody else rotated "{name}" at the same time, and has its key: ask them, or rotate again.'
        )
    return rotated, key


def read_published(services: Services, namespace: str, name: str) -> str | None:
    """The hash of the key that opens now, as the operator has published it."""
    secret = services.world.stores["Secret"].get(namespace, hash_secret_name(name))
    hashes = read_hashes(secret or {})
    return hashes.current if hashes else None


async def announced(services: Services, obj: Manifest, key: str) -> Manifest:
    """The ApiKey, once the operator has published the hash of its key and said so; at once, if it opens nothing."""
    namespace, name = name_of(obj)
    world, digest, secret = services.world, hash_key(key), hash_secret_name(name)

    def newest() -> Manifest:
        return world.stores["ApiKey"].get(namespace, name) or obj

    def is_published() -> bool:
        return read_published(services, namespace, name) == digest

    def is_told() -> bool:
        ready = find_condition(newest(), "Ready") or {}
        return ready.get("status") == "True" and newest()["status"].get("prefix") == key_prefix(key)

    if not opens(read_spec(ApiKeySpec, obj), services.clock()):
        return newest()
    if not await world.bell.wait(("Secret", namespace, secret), is_published, SECONDS):
        logger.warning("key is not published yet", extra={"namespace": namespace, "key": name})
    elif not await world.bell.wait(("ApiKey", namespace, name), is_told, SECONDS):
        logger.warning("key is published, and its status does not say so", extra={"namespace": namespace, "key": name})
    return newest()
