"""Idempotency-Key: a POST that is sent again makes nothing again (draft-ietf-httpapi-idempotency-key-header). PURE.

Replicas share nothing but the API server, so the object that a request made keeps the marks: two annotations. They live
as long as the object; those of a rotation until the next one with marks. Hashes only: what a caller takes for a key is
no business of those who read the object.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson

from inferops.names import GROUP, Manifest

Annotations = tuple[str, str]
"""Names of those that hold a request's key and body."""
CREATION: Annotations = (f"{GROUP}/idempotency-key", f"{GROUP}/idempotency-body")
ROTATION: Annotations = (f"{GROUP}/rotation-idempotency-key", f"{GROUP}/rotation-idempotency-body")
MARK = "IdempotencyKey"
"""Kind of reference under which stores find objects by their marks."""
KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')
"""One word, in quotes as the draft has it or without, as most send it."""
HIDDEN = frozenset({"password"})
"""Fields that leave no trace, not even a hash that could be tried against."""


class Marks(NamedTuple):
    """What an object keeps of the request that made it, or that rotated it."""

    key: str
    body: str

    def annotations(self, names: Annotations = CREATION) -> dict[str, str]:
        """As the object has them."""
        return dict(zip(names, self, strict=True))


def parse_idempotency_key(header: str) -> str | None:
    """The key in a header; None where it is not one."""
    found = KEY.fullmatch(header.strip())
    return found.group(1) if found else None


def build_marks(key: str, operation: str, body: Mapping[str, Any]) -> Marks:
    """`operation` is method and path: one key may serve several. The order of the body's fields is of no matter."""
    shown = orjson.dumps(leave_out(body, HIDDEN), option=orjson.OPT_SORT_KEYS)
    return Marks(digest(f"{operation}\n{key}".encode()), digest(shown))


def read_marks(obj: Manifest, names: Annotations = CREATION) -> Marks | None:
    """The marks of an object, if it has any."""
    annotations = obj["metadata"].get("annotations") or {}
    key, body = (annotations.get(name, "") for name in names)
    return Marks(key, body) if key else None


def leave_out(body: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """The body without some of its fields."""
    return {name: value for name, value in body.items() if name not in hidden}


def digest(data: bytes) -> str:
    """Half a SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()[:32]
