"""The Secrets of an ApiKey: the key itself, where we make it, and its hash for the gateway."""

import base64
import hashlib

from inferops.errors import SpecError
from inferops.names import KEY_HASH_LABEL, MANAGED_BY, Manifest
from inferops.plan.labels import owned_metadata

KEY_BYTES = 32
KEY_FIELD = "apiKey"
HASH_FIELD = "sha256"
KEY_PREFIX = "inf-"
LABELS = MANAGED_BY | {"app.kubernetes.io/name": "inferops-apikey"}


def hash_secret_name(name: str) -> str:
    """Secret with the hash of an ApiKey."""
    return f"{name}-hash"


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


def build_key_secret(obj: Manifest, key: str) -> Manifest:
    """The Secret with a key that we made, named like the ApiKey."""
    return build_secret(obj, obj["metadata"]["name"], LABELS, {KEY_FIELD: key})


def build_hash_secret(obj: Manifest, key: str) -> Manifest:
    """The Secret with the key's SHA-256 in lowercase hexadecimal: all that the gateway ever sees."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    labels = LABELS | {KEY_HASH_LABEL: "true"}
    return build_secret(obj, hash_secret_name(obj["metadata"]["name"]), labels, {HASH_FIELD: digest})


def build_secret(obj: Manifest, name: str, labels: dict[str, str], data: dict[str, str]) -> Manifest:
    """An Opaque Secret that the ApiKey owns."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": owned_metadata("ApiKey", obj, name, labels),
        "type": "Opaque",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }
