"""The Secret `<apikey>-hash`: what the operator tells the gateway of a key, and all that the gateway knows of it.

    sha256    the key that opens now
    next      the key that takes its place: it opens before anybody can read it
    replaced  JSON: the keys that had its place, each with the moment of its end as key of the present one

A replaced key opens for `spec.rotationOverlap` seconds more. All hashes are SHA-256 in lowercase hexadecimal.
"""

import base64
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from inferops.names import Manifest

HASH = re.compile(r"[0-9a-f]{64}")
LONGEST_OVERLAP = 366 * 86400
MOST_REPLACED = 16
"""More keys than that never open at once: the Secret must not grow without end."""


@dataclass(frozen=True)
class ReplacedKey:
    """A key that had to give way."""

    sha256: str
    since: datetime
    """When another took its place, in whole seconds."""
    prefix: str = ""
    """Its first characters, to tell keys apart."""

    def ends(self, overlap: int) -> datetime:
        """From then on it opens nothing; `overlap` in seconds."""
        return self.since + timedelta(seconds=overlap)


@dataclass(frozen=True)
class KeyHashes:
    """What the Secret holds."""

    current: str
    next: str | None = None
    replaced: tuple[ReplacedKey, ...] = ()

    def valid(self, overlap: int, now: datetime) -> tuple[ReplacedKey, ...]:
        """The replaced keys that still open; without an overlap none, whoever's clock is behind."""
        return tuple(key for key in self.replaced if overlap and now < key.ends(overlap))


def hash_secret_name(name: str) -> str:
    """Secret with the hashes of the ApiKey of that name."""
    return f"{name}-hash"


def write_hashes(hashes: KeyHashes) -> dict[str, str]:
    """The Secret's data, before base64."""
    replaced = [{"sha256": k.sha256, "since": k.since.isoformat(), "prefix": k.prefix} for k in hashes.replaced]
    data = {"sha256": hashes.current, "next": hashes.next, "replaced": json.dumps(replaced) if replaced else None}
    return {field: value for field, value in data.items() if value}


def read_hashes(secret: Manifest) -> KeyHashes | None:
    """What a Secret holds; None where it has no hash. What cannot be read opens nothing."""
    data = secret.get("data") or {}
    current, following = read_hash(data.get("sha256")), read_hash(data.get("next"))
    return KeyHashes(current, following, tuple(read_replaced(data.get("replaced")))) if current else None


def read_hash(value: str | None) -> str | None:
    """The hash in a base64 value."""
    text = decode(value).strip()
    return text if HASH.fullmatch(text) else None


def read_replaced(value: str | None) -> list[ReplacedKey]:
    """The list in a base64 value; empty where it is none. Anybody may write such a Secret, with anything in it."""
    with suppress(ValueError, LookupError, TypeError, OverflowError, RecursionError):
        entries = json.loads(decode(value) or "[]")[-MOST_REPLACED:]
        return [read_entry(entry) for entry in entries if HASH.fullmatch(entry["sha256"])]
    return []


def read_entry(entry: dict[str, str]) -> ReplacedKey:
    """One of the list. Raises OverflowError for a moment whose end no calendar has."""
    since = datetime.fromisoformat(entry["since"]).astimezone(UTC)
    key = ReplacedKey(entry["sha256"], since, str(entry["prefix"]))
    key.ends(LONGEST_OVERLAP)
    return key


def decode(value: str | None) -> str:
    """Text of a base64 value; empty where it is none."""
    with suppress(ValueError):
        return base64.b64decode(value or "", validate=True).decode()
    return ""
