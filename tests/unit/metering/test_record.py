"""Lines of the gateway's journal, as records."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from inferops.metering.record import parse_record

LINE = {
    "id": "6f1c",
    "time": "2026-11-21T16:26:02.123Z",
    "client": "team/alice",
    "ip": "10.0.0.1",
    "instance": "chat-1a2b3c4d",
    "region": "home",
    "model": "llama",
    "route": "chat",
    "status": 200,
    "ms": 1234,
    "ttft_ms": 56,
    "held_ms": 40,
    "bytes_in": 100,
    "bytes_out": 2000,
    "usage": {
        "prompt_tokens": 11,
        "completion_tokens": 9,
        "total_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 0},
    },
}


def line(**changes: Any) -> bytes:
    return json.dumps({name: value for name, value in (LINE | changes).items() if value != "absent"}).encode()


def test_a_record_says_who_used_what_and_when() -> None:
    record = parse_record(line())
    assert (record.id, record.time) == ("6f1c", datetime(2026, 11, 21, 16, 26, 2, 123000, UTC))
    assert (record.namespace, record.key, record.instance) == ("team", "alice", "chat-1a2b3c4d")
    assert (record.region, record.model, record.route, record.status) == ("home", "llama", "chat", 200)
    assert (record.prompt, record.completion, record.cached, record.reasoning) == (11, 9, 8, 0)
    assert (record.bytes_in, record.bytes_out, record.ms, record.ttft_ms, record.held_ms) == (100, 2000, 1234, 56, 40)
    assert (record.seconds, record.images, record.broken, record.unknown) == (None, None, "", False)


USAGE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the text of the engine's object": (
        {"usage": '{"prompt_tokens":1,"completion_tokens":2}'},
        {"prompt": 1, "completion": 2},
    ),
    "names of the responses route": (
        {"usage": {"input_tokens": 5, "output_tokens": 7, "input_tokens_details": {"cached_tokens": 4}}},
        {"prompt": 5, "completion": 7, "cached": 4},
    ),
    "a total alone, of reranking": ({"usage": {"total_tokens": 12}}, {"prompt": 12, "completion": None}),
    "seconds of the engine before those of the gateway": (
        {"usage": {"type": "duration", "seconds": 1.43}, "seconds": 1.5},
        {"seconds": Decimal("1.43"), "prompt": None},
    ),
    "seconds as text": ({"usage": {"seconds": "2.50"}}, {"seconds": Decimal("2.5")}),
    "seconds of the gateway": ({"usage": None, "seconds": 7.001}, {"seconds": Decimal("7.001"), "unknown": False}),
    "seconds beside tokens": (
        {"usage": {"input_tokens": 3}, "seconds": 2},
        {"seconds": Decimal(2), "prompt": 3},
    ),
    "images": ({"usage": "absent", "images": 3}, {"images": 3, "prompt": None}),
    "a null in the engine's object": (
        {"usage": {"prompt_tokens": 1, "completion_tokens": None, "prompt_tokens_details": None}},
        {"prompt": 1, "completion": None, "unknown": False},
    ),
    "a status that is none": ({"status": 70_000}, {"status": 0}),
    "nothing where nothing is used": ({"usage": None, "status": 404}, {"prompt": None, "unknown": False}),
    "nothing where something was used": ({"usage": None, "unknown": True}, {"prompt": None, "unknown": True}),
    "text that is no object": ({"usage": "much"}, {"prompt": None, "unknown": True}),
    "tokens that are none": ({"usage": {"prompt_tokens": -1}}, {"prompt": None, "unknown": True}),
    "tokens beyond belief": (
        {"usage": {"prompt_tokens": 10**9, "completion_tokens": 10**9 + 1}},
        {"prompt": 10**9, "completion": None, "unknown": True},
    ),
    "seconds beyond belief": ({"usage": {"seconds": 1_000_001}}, {"seconds": None, "unknown": True}),
    "a file that says it is endless": ({"usage": None, "seconds": 1e11}, {"seconds": 10**6, "unknown": False}),
    "a list in place of tokens": ({"usage": {"completion_tokens": [3]}}, {"completion": None, "unknown": True}),
    "seconds without end": ({"usage": {"seconds": "Infinity"}}, {"seconds": None, "unknown": True}),
    "an object without end in place of details": (
        {"usage": '{"a":' * 800 + '{"prompt_tokens": 3}' + "}" * 800},
        {"prompt": None, "unknown": False},
    ),
    "tokens as a float": ({"usage": {"completion_tokens": 3.0}}, {"completion": 3, "unknown": False}),
}


@pytest.mark.parametrize("case", USAGE)
def test_usage_is_what_was_said_and_never_zero_where_nobody_knows(case: str) -> None:
    changes, expected = USAGE[case]
    record = parse_record(line(**changes))
    assert {name: getattr(record, name) for name in expected} == expected


def test_a_request_that_was_refused_before_it_had_an_id_is_told_from_others_by_its_line() -> None:
    ids = [parse_record(line(id=None, ip=ip)).id for ip in ("10.0.0.1", "10.0.0.2", "10.0.0.1")]
    assert ids[0] == ids[2] != ids[1]


def test_a_line_with_little_in_it_is_a_record_too() -> None:
    record = parse_record(b'{"id": "1", "time": "2026-11-21T17:26:02+01:00", "status": null, "client": null}')
    assert (record.status, record.namespace, record.key, record.route, record.ms) == (0, "", "", "other", None)
    assert record.time == datetime(2026, 11, 21, 16, 26, 2, tzinfo=UTC)


BAD: dict[str, bytes] = {
    "no JSON": b"nonsense",
    "half a line": line()[:50],
    "a list": b"[1]",
    "nothing": b"",
    "no UTF-8": b'{"id": "\xff"}',
    "without an id": line(id=""),
    "with an id of another type": line(id=7),
    "with a name without end": line(instance="x" * 513),
    "with a name that databases do not take": line(client="a\0b"),
    "without a time": line(time="absent"),
    "with a time that is a number": line(time=7),
    "with a time without a zone": line(time="2026-11-21T16:26:02"),
    "with a time before the first": line(time="0001-01-01T00:00:00+23:00"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_line_that_is_no_record_raises_a_value_error(case: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_record(BAD[case])
