"""HTTP/2 as raw frames, broken (RFC 9113). Headers go as literals without Huffman coding (RFC 7541, 6.2.2)."""

from random import Random

from tests.gateway.malformed.keys import HASH, OPEN, break_key

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS = 1, 4
FRAME_HEAD = 9
Field = tuple[bytes, bytes]
PSEUDO: tuple[Field, ...] = (
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", b"/v1/x"),
    (b":authority", b"warm"),
)
ODD_FIELDS: tuple[Field, ...] = (
    (b"X-Upper", b"x"),
    (b"connection", b"close"),
    (b"transfer-encoding", b"chunked"),
    (b"te", b"gzip"),
    (b"host", b"open"),
    (b"content-length", b"5"),
    (b"content-length", b"-1"),
    (b":path", b"/v1/again"),
    (b":unknown", b"x"),
    (b":authority", b"open"),
    (b"x\0y", b"x"),
    (b"x", b"a\r\nx-client-id: team/alice"),
    (b"x-key-hash", HASH),
    (b"x-client-id", b"team/alice"),
    (b"x-vhost", OPEN),
    (b"", b"x"),
    (b"x-big", b"y" * 16000),
    (b"cookie", b"a"),
)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def integer(value: int) -> bytes:
    """With a prefix of 7 bits (RFC 7541, 5.1)."""
    if value < 0x7F:
        return bytes((value,))
    rest, out = value - 0x7F, b"\x7f"
    while rest >= 0x80:
        out, rest = out + bytes((rest % 0x80 + 0x80,)), rest // 0x80
    return out + bytes((rest,))


def block(fields: list[Field]) -> bytes:
    return b"".join(b"\0" + integer(len(name)) + name + integer(len(value)) + value for name, value in fields)


def break_frames(rng: Random) -> bytes:
    """A connection with some streams, none of which has a valid key."""
    out = PREFACE + frame(SETTINGS, 0, 0)
    for number in range(rng.randrange(1, 5)):
        out += break_stream(rng, number * 2 + 1)
    if rng.random() < 0.2:
        at = rng.randrange(len(PREFACE), len(out))
        out = out[:at] + bytes((rng.randrange(256),)) + out[at + 1 :]
    return out + frame(GOAWAY, 0, 0, bytes(8))


def break_stream(rng: Random, stream: int) -> bytes:
    fields = [*PSEUDO, (b"x-api-key", break_key(rng)), *rng.sample(ODD_FIELDS, rng.randrange(4))]
    if rng.random() < 0.3:
        rng.shuffle(fields)
    if rng.random() < 0.1:
        del fields[rng.randrange(len(PSEUDO))]
    head = block(fields)
    whole = frame(HEADERS, END_HEADERS | rng.choice((0, END_STREAM)), stream, head[:16000])
    return rng.choice(
        (
            whole,
            whole + frame(DATA, END_STREAM, stream, b"x" * rng.randrange(2000)),
            whole + frame(DATA, 8, stream, b"\xff" + b"x" * rng.randrange(100)),  # more padding than payload
            whole + frame(RST_STREAM, 0, stream, bytes(4)),
            whole + whole,
            whole + frame(WINDOW_UPDATE, 0, stream, bytes(4)),
            whole + frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff") * 2,
            frame(HEADERS, 0, stream, head[:50]) + frame(CONTINUATION, 0, stream, b"") * 50,
            frame(HEADERS, 0, stream, head[:50]) + frame(PING, 0, 0, bytes(8)),
            frame(HEADERS, END_HEADERS, stream + rng.choice((0, 1)), bytes(rng.randrange(256) for _ in range(60))),
            frame(PUSH_PROMISE, END_HEADERS, stream, bytes(4) + head),
            frame(SETTINGS, 0, 0, bytes(rng.randrange(256) for _ in range(rng.choice((5, 6, 12))))),
            frame(PRIORITY, 0, stream, stream.to_bytes(4) + b"\0"),
            frame(rng.randrange(256), rng.randrange(256), rng.randrange(1 << 31), bytes(rng.randrange(64))),
            (frame(HEADERS, END_HEADERS | END_STREAM, stream, head[:16000]) + frame(RST_STREAM, 0, stream, bytes(4)))
            * 20,
        )
    )


def take_frames(data: bytes) -> bytes:
    """What is left behind the last whole frame. ValueError: a frame that cannot be."""
    while len(data) >= FRAME_HEAD:
        size = int.from_bytes(data[:3])
        if size > 1 << 14 or data[3] > CONTINUATION:
            raise ValueError(data[:FRAME_HEAD])
        if len(data) < FRAME_HEAD + size:
            break
        data = data[FRAME_HEAD + size :]
    return data
