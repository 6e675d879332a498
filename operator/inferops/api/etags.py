"""ETag, If-Match and If-None-Match (RFC 9110, 8.8.3 and 13.1). PURE.

An object's ETag is `"<uid>.<generation>.<resourceVersion>"`. The last part changes with every write, also of the
status, and so tells whether an answer is still what was read. If-Match asks for less: whether the spec is. Otherwise
nobody could change an instance while it deploys. It has no If-None-Match: prices and regions come from the catalog,
which has versions of its own. A list's ETag is of its bytes: who looks again and again reads it when it has changed.
"""

import hashlib
import re

from inferops.names import Manifest

ANY = "*"
TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def build_etag(obj: Manifest) -> str:
    """The strong entity tag of an object as it is."""
    meta = obj["metadata"]
    return f'"{meta.get("uid", "")[:8]}.{meta.get("generation", 0)}.{meta.get("resourceVersion", "")}"'


def is_unchanged(if_match: str, obj: Manifest) -> bool:
    """Whether the spec is still the one that a caller has seen."""
    seen, now = read_tags(if_match), spec_part(build_etag(obj).strip('"'))
    return if_match.strip() == ANY or any(spec_part(tag) == now for weak, tag in seen if not weak)


def build_list_etag(body: bytes) -> str:
    """Of an answer that is made of many objects; weak, as the way there may compress it."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether a caller has that answer, by the weak comparison."""
    known = [tag for _, tag in read_tags(if_none_match)]
    return if_none_match.strip() == ANY or any(tag in known for _, tag in read_tags(etag))


def spec_part(tag: str) -> str:
    """What of a tag stays while only the status changes."""
    return tag.rpartition(".")[0]


def read_tags(header: str) -> list[tuple[bool, str]]:
    """Each tag of a list: whether it is weak, and its text."""
    return [(bool(weak), tag) for weak, tag in TAG.findall(header)]
