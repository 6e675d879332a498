"""What is nested without end is cut, and nothing else."""

import orjson
import pytest

from inferops.cluster.depth import DEEPEST, cut_text, cut_value, read_json, write_json
from inferops.cluster.packing import Deflated
from inferops.names import Manifest


def nest(levels: int) -> Manifest:
    value: Manifest = {}
    for _ in range(levels - 1):
        value = {"a": value, "b": ["]", '{"\\']}
    return value


def depth_of(value: object) -> int:
    levels, front = 0, [value]
    while front := [each for each in front if isinstance(each, dict | list)]:
        levels += 1
        front = [part for each in front for part in (each.values() if isinstance(each, dict) else each)]
    return levels


def as_text(levels: int) -> bytes:
    """By hand: orjson writes no such thing."""
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


@pytest.mark.parametrize("levels", [1, 2, DEEPEST - 1, DEEPEST])
def test_what_is_shallow_stays_as_it_is(levels: int) -> None:
    value = nest(levels)
    text = orjson.dumps(value)
    assert cut_text(text) is text
    assert cut_value(value) == value == read_json(text)
    assert write_json(value) == text


@pytest.mark.parametrize("levels", [DEEPEST + 1, 200])
def test_text_and_value_are_cut_alike(levels: int) -> None:
    value = nest(levels)
    assert orjson.loads(cut_text(orjson.dumps(value))) == cut_value(value)
    assert depth_of(cut_value(value)) == DEEPEST


@pytest.mark.parametrize("levels", [1025, 5000, 10_000])
def test_what_orjson_does_not_read_is_read_in_part(levels: int) -> None:
    text = b'{"items":[{"deep":' + as_text(levels) + b'},{"kept":[1,{"x":"}]"}]}]}'
    found = read_json(text)
    assert found["items"][1] == {"kept": [1, {"x": "}]"}]}
    assert depth_of(found) == DEEPEST


def test_a_store_takes_what_orjson_does_not_write() -> None:
    packing = Deflated()
    assert depth_of(packing.unpack(packing.pack(nest(400)))) == DEEPEST


@pytest.mark.parametrize("text", [b"", b"{", b"nonsense", b'{"a":"' + b"x" * 100_000, b"]" * 100_000, b'"\\' * 50_000])
def test_what_is_no_json_is_told_at_once(text: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        read_json(text)
