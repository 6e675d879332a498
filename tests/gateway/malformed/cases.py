"""The set: which request is broken how. The same seed gives the same requests."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.gateway.gateway import SHARED, host_of, path_of
from tests.gateway.malformed import bodies, framing, heads, keys
from tests.gateway.malformed.frames import break_frames
from tests.gateway.malformed.wire import Wire

HOSTS = [host.encode() for host in (host_of("warm"), host_of("warm"), SHARED, host_of("locked"), "no.such.host")]
TARGETS = [path.encode() for path in ("/v1/chat/completions", "/v1/models", "/v1/audio/speech", path_of("warm"))]
HTTP2_SHARE = 0.1
LAST = b"\r\nGET /v1/last HTTP/1.1\r\nhost: last\r\nconnection: close\r\n\r\n"
"""Sent behind each: answered and closed where the gateway still knows where a request begins."""


@dataclass(frozen=True)
class Case:
    """One connection: what is sent on it."""

    name: str
    payload: bytes
    http2: bool = False


def build_refused(seed: int, count: int) -> Iterator[Case]:
    """Connections of which no request has a valid key."""
    for index in range(count):
        rng = Random(f"{seed}-refused-{index}")  # noqa: S311  repeatable
        if rng.random() < HTTP2_SHARE:
            yield Case(f"refused {index} http2", break_frames(rng), http2=True)
            continue
        wire = build_wire(rng)
        keys.add_wrong_key(rng, wire)
        way = rng.choice((*keys.WAYS, *heads.WAYS, *framing.WAYS, *framing.WAYS, *bodies.WAYS))
        yield build_case(f"refused {index} {way.__module__.rpartition('.')[2]}.{way.__name__}", rng, wire, way)


def build_admitted(seed: int, count: int) -> Iterator[Case]:
    """Connections of which only the first request has a valid key."""
    for index in range(count):
        rng = Random(f"{seed}-admitted-{index}")  # noqa: S311  repeatable
        wire = build_wire(rng)
        wire.add(b"x-api-key", keys.KEY)
        if rng.random() < 0.3:
            wire.fields += rng.sample(keys.INTERNAL, 3)
        way = rng.choice((*heads.WAYS, *framing.WAYS, *framing.WAYS, *bodies.WAYS, *bodies.WAYS))
        yield build_case(f"admitted {index} {way.__module__.rpartition('.')[2]}.{way.__name__}", rng, wire, way)


def build_wire(rng: Random) -> Wire:
    fields = [(b"host", rng.choice(HOSTS)), (b"content-type", b"application/json")]
    return Wire(target=rng.choice(TARGETS), fields=fields, body=b'{"model": "Tiny/Chat-1"}')


def build_case(name: str, rng: Random, wire: Wire, way: heads.Way) -> Case:
    wire.add(b"x-case", name.encode())
    way(rng, wire)
    payload = wire.encode()
    if rng.random() < 0.1 and (name.startswith("admitted") or keys.KEY not in payload):  # or it could mend the key
        at = rng.randrange(len(payload))
        payload = payload[:at] + rng.choice((b"", b"\0", b"\r", b"\n", b"\xff")) + payload[at + rng.randrange(2) :]
    return Case(name, payload + LAST)
