"""Requests that ran when an Envoy was killed (gateway/src/flight.rs) -> lines of the journal; pure.

A file has places of 4 KiB: length of the head (0: free), status, number of usages so far, and the lengths of two texts
of usage, each two bytes; the head; and the two texts, of which the number's last bit says which is whole.
"""

import struct
from collections.abc import Iterator

import orjson

PLACE = 4096
NUMBERS = struct.Struct("=5H")
HEAD = 16
TEXTS = (1024, 2560)


def read_flights(content: bytes) -> Iterator[bytes]:
    """A line for each, without its newline. What it used in the end nobody knows: it is what the engine said last."""
    for at in range(0, len(content) - PLACE + 1, PLACE):
        place = content[at : at + PLACE]
        length, status, count, *lengths = NUMBERS.unpack_from(place)
        if not length:
            continue
        which = count % 2
        text = place[TEXTS[which] :][: lengths[which]] if count else b""
        end = {"status": status, "details": "gateway_ended", "flags": "-", "broken": "gateway"}
        known = {"usage": text.decode(errors="replace")} if text else {"unknown": True}
        line = place[HEAD:][:length] + b"," + orjson.dumps(end | known)[1:]
        if is_record(line):
            yield line


def is_record(line: bytes) -> bool:
    """Not what Envoy was about to write when it was killed."""
    try:
        return isinstance(orjson.loads(line), dict)
    except ValueError:
        return False
