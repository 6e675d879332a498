"""The Secrets of an ApiKey: the key itself, where we make it, and the hashes for the gateway."""

import base64
import hashlib
from datetime import datetime
from typing import NamedTuple

from inferops.errors import SpecError
from inferops.names import GROUP, KEY_HASH_LABEL, MANAGED_BY, Manifest
from inferops.plan.conditions import timestamp
from inferops.plan.labels import owned_metadata
from inferops.specs.key_hashes import MOST_REPLACED, KeyHashes, ReplacedKey, hash_secret_name, write_hashes

KEY_BYTES = 32
KEY_FIELD = "apiKey"
PREVIOUS_FIELD = "previousApiKey"
ROTATION_ANNOTATION = f"{GROUP}/rotation"
"""On the Secret of a key that we made: which wish for a new one it fulfils."""
PREVIOUS_ENDS_ANNOTATION = f"{GROUP}/previous-key-expires-at"
KEY_PREFIX = "inf-"
LABELS = MANAGED_BY | {"app.kubernetes.io/name": "inferops-apikey"}


def build_key(random: bytes) -> str:
    """A key from KEY_BYTES random bytes: `inf-` and 43 characters of base64url (RFC 4648, no padding)."""
    return KEY_PREFIX + base64.urlsafe_b64encode(random).decode().rstrip("=")


def parse_key(data: str) -> str:
    """The key in a Secret's base64 value. Raises SpecError where no HTTP header could carry it; never shows it."""
    try:
        key = base64.b64decode(data, validate=True).decode("ascii").strip()  # editors and `echo` add a newline
    except ValueError:
        raise SpecError("the key is not ASCII text; put another one into the Secret", reason="InvalidKey") from None
    if not key:
        raise SpecError("the key is empty; put one into the Secret", reason="InvalidKey")
    if any(not "!" <= character <= "~" for character in key):
        raise SpecError(
            "the key has a space or control character, which no HTTP header can carry; put another one into the Secret",
            reason="InvalidKey",
        )
    return key


def key_prefix(key: str) -> str:
    """What may be shown of a key: never more than a quarter of it."""
    return key[: min(6, len(key) // 4)]


def hash_key(key: str) -> str:
    """SHA-256 in lowercase hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


def replace_key(known: KeyHashes | None, key: str, prefix: str, now: datetime) -> KeyHashes:
    """The hashes with `key` as the present one. The one before, which began with `prefix`, is replaced since `now`."""
    digest = hash_key(key)
    replaced = known.replaced if known else ()
    if known and known.current != digest:
        replaced = (*replaced, ReplacedKey(known.current, now.replace(microsecond=0), prefix))
    others = tuple(each for each in replaced if each.sha256 != digest)
    return KeyHashes(digest, replaced=others[-MOST_REPLACED:])


class MadeKey(NamedTuple):
    """What the Secret of a key that we made holds."""

    key: str
    rotation: str = ""
    """The spec.rotate that it was made for."""
    previous: str | None = None
    """The key before, for as long as it opens."""
    previous_ends: datetime | None = None


def read_made_key(secret: Manifest) -> MadeKey | None:
    """The key in a Secret of ours; None where there is none. Raises SpecError where an impossible one was written."""
    data, meta = secret.get("data") or {}, secret.get("metadata") or {}
    if KEY_FIELD not in data:
        return None
    previous = parse_key(data[PREVIOUS_FIELD]) if PREVIOUS_FIELD in data else None
    return MadeKey(parse_key(data[KEY_FIELD]), (meta.get("annotations") or {}).get(ROTATION_ANNOTATION, ""), previous)


def build_key_secret(obj: Manifest, made: MadeKey) -> Manifest:
    """The Secret with a key that we made, named like the ApiKey."""
    keys = {KEY_FIELD: made.key} | ({PREVIOUS_FIELD: made.previous} if made.previous else {})
    secret = build_secret(obj, obj["metadata"]["name"], LABELS, keys)
    ends = timestamp(made.previous_ends) if made.previous_ends else ""
    notes = {ROTATION_ANNOTATION: made.rotation, PREVIOUS_ENDS_ANNOTATION: ends}
    if any(notes.values()):
        secret["metadata"]["annotations"] = {name: note for name, note in notes.items() if note}
    return secret


def build_hash_secret(obj: Manifest, hashes: KeyHashes) -> Manifest:
    """The Secret with the hashes: all that the gateway ever sees."""
    labels = LABELS | {KEY_HASH_LABEL: "true"}
    return build_secret(obj, hash_secret_name(obj["metadata"]["name"]), labels, write_hashes(hashes))


def build_secret(obj: Manifest, name: str, labels: dict[str, str], data: dict[str, str]) -> Manifest:
    """An Opaque Secret that the ApiKey owns."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": owned_metadata("ApiKey", obj, name, labels),
        "type": "Opaque",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }
