"""JSON that is nested deeper than anything that we know of: a user's free fields may be (spec.podTemplate), the API
server takes 10,000 levels, orjson reads 1024 and writes 254. One such object must not hide all others: it loses what is
deepest.
"""

import re
from typing import Any

import orjson

DEEPEST = 128
"""Levels; those of our own kinds, with managedFields, are below 40."""
TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]')
"""Strings, which may have brackets, and brackets."""


def read_json(raw: bytes) -> Any:
    """As orjson.loads; what is too deep for it is null. Raises orjson.JSONDecodeError."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return orjson.loads(cut_text(raw))


def write_json(value: Any) -> bytes:
    """As orjson.dumps; likewise. Raises TypeError."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(cut_value(value))


def cut_text(raw: bytes) -> bytes:
    """JSON with null in the place of each object and list below DEEPEST levels."""
    depth, kept, parts = 0, 0, list[bytes]()
    for token in TOKEN.finditer(raw):
        if token[0] in (b"{", b"["):
            depth += 1
            if depth == DEEPEST + 1:
                parts.append(raw[kept : token.start()])
        elif token[0] in (b"}", b"]"):
            if depth == DEEPEST + 1:
                parts.append(b"null")
                kept = token.end()
            depth -= 1
    return b"".join([*parts, raw[kept:]]) if parts else raw


def cut_value(value: Any, levels: int = DEEPEST) -> Any:
    """The same of a value."""
    if not isinstance(value, dict | list):
        return value
    if not levels:
        return None
    if isinstance(value, list):
        return [cut_value(each, levels - 1) for each in value]
    return {key: cut_value(each, levels - 1) for key, each in value.items()}
