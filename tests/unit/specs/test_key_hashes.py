"""The Secret between operator and gateway."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inferops.plan.apikey import hash_key, replace_key
from inferops.specs.key_hashes import MOST_REPLACED, KeyHashes, ReplacedKey, read_hashes, write_hashes

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
A, B, C = (hash_key(key) for key in ("a", "b", "c"))
HASHES = {
    "one": KeyHashes(A),
    "announced": KeyHashes(A, B),
    "replaced": KeyHashes(A, None, (ReplacedKey(B, NOON, "sk-b"), ReplacedKey(C, NOON))),
}
UNREADABLE: dict[str, Any] = {
    "no JSON": "x",
    "no list": "7",
    "no hash": [{"sha256": "x", "since": NOON.isoformat(), "prefix": ""}],
    "no time": [{"sha256": B, "since": "soon", "prefix": ""}],
    "no field": [{"sha256": B}],
    "no text": [{"sha256": 7, "since": 7, "prefix": 7}],
    "without bottom": "[" * 100_000,
    "before all time": [{"sha256": B, "since": "0001-01-01T00:00:00+14:00", "prefix": ""}],
    "after all time": [{"sha256": B, "since": "9999-12-31T23:59:59+00:00", "prefix": ""}],
}


def secret(data: dict[str, str]) -> dict[str, Any]:
    return {"data": {field: base64.b64encode(value.encode()).decode() for field, value in data.items()}}


@pytest.mark.parametrize("name", HASHES)
def test_what_is_written_is_read(name: str) -> None:
    assert read_hashes(secret(write_hashes(HASHES[name]))) == HASHES[name]


@pytest.mark.parametrize("name", UNREADABLE)
def test_replaced_keys_that_cannot_be_read_open_nothing(name: str) -> None:
    given = UNREADABLE[name]
    text = given if isinstance(given, str) else json.dumps(given)
    assert read_hashes(secret({"sha256": A, "replaced": text})) == KeyHashes(A)


def test_a_replaced_key_opens_to_the_end_of_its_overlap_and_no_longer() -> None:
    hashes = HASHES["replaced"]
    assert len(hashes.valid(60, NOON + timedelta(seconds=59))) == 2
    assert hashes.valid(60, NOON + timedelta(seconds=60)) == ()
    assert hashes.valid(0, NOON) == ()


def test_rotating_without_end_keeps_the_newest() -> None:
    hashes: KeyHashes | None = None
    for number in range(50):
        hashes = replace_key(hashes, str(number), str(number), NOON)
    assert hashes is not None
    assert hashes.current == hash_key("49")
    assert [key.sha256 for key in hashes.replaced] == [hash_key(str(n)) for n in range(49 - MOST_REPLACED, 49)]
