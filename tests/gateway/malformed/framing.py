"""Where a body ends, said wrongly: what follows must never become a request that nobody looked at."""

from random import Random

from tests.gateway.malformed.keys import HASH, KEY
from tests.gateway.malformed.wire import Wire

SMUGGLED = b"smuggled"
"""In the path of requests that hide in a body: the engine must never be asked for it."""
LENGTHS = (
    *(
        b"+5",
        b"-1",
        b"5, 5",
        b"5,6",
        b"0x5",
        b"1e3",
        b"99999999999999999999999",
        b"",
        b" ",
        b"5 5",
        b"five",
        b"0",
        b"1",
    ),
    *(b"4294967296", b"9223372036854775808", b"18446744073709551616", b"5;q=1", b"00000005", b"2147483647"),
)
CODINGS = (
    *(b"chunked", b"chunked, chunked", b"identity", b"xchunked", b"chunked\x0b", b"gzip, chunked", b"chunked;q=1", b""),
    *(b"CHUNKED", b"\x00chunked", b"chunked, identity", b"chunk", b'"chunked"', b"deflate", b"chunked\r\n ,x", b","),
)
CODING_NAMES = (
    b"transfer-encoding",
    b"Transfer-Encoding",
    b"transfer-encoding ",
    b"transfer_encoding",
    b" transfer-encoding",
)
SIZES = (
    *(
        b"-1",
        b"0x5",
        b"FFFFFFFFFFFFFFFF",
        b"FFFFFFFFFFFFFFFFF",
        b"5;ext=\0",
        b"5 ",
        b" 5",
        b"g",
        b"",
        b"5;",
        b"+5",
        b"05",
    ),
    *(b"5\r", b'5;a="\r\n"', b"1" * 500, b"5;" + b"e" * 20000, b"80000000"),
)
TRAILERS = (
    *(b"x-api-key: " + KEY, b"x-key-hash: " + HASH, b"x-client-id: team/alice", b"host: open", b"content-length: 5"),
    *(
        b"transfer-encoding: chunked",
        b"authorization: Bearer " + KEY,
        b"x: " + b"y" * 90000,
        b"\0: 1",
        b": x",
        b" folded",
    ),
)


def inner_request(rng: Random) -> bytes:
    """A request without a valid key, for an engine that would read on behind the end."""
    secret = rng.choice((b"", b"x-client-id: team/alice\r\n", b"x-key-hash: " + HASH + b"\r\n"))
    path = rng.choice((b"/v1/" + SMUGGLED, b"/" + SMUGGLED, b"http://open/v1/" + SMUGGLED))
    return b"POST " + path + b" HTTP/1.1\r\nhost: warm\r\n" + secret + b"content-length: 0\r\n\r\n"


def break_length(rng: Random, wire: Wire) -> None:
    """A Content-Length that is none, twice, or beside the truth."""
    wire.framed = rng.random() < 0.4
    wire.add(b"content-length", rng.choice(LENGTHS))
    wire.body += rng.choice((b"", inner_request(rng)))


def contradict(rng: Random, wire: Wire) -> None:
    """Content-Length and Transfer-Encoding, or two codings."""
    wire.framed = rng.random() < 0.7
    for _ in range(rng.choice((1, 1, 2))):
        wire.add(rng.choice(CODING_NAMES), rng.choice(CODINGS))
    wire.body = rng.choice((b"0\r\n\r\n", b"1\r\nA\r\n0\r\n\r\n", b"0;x\r\n\r\n", b"")) + inner_request(rng)


def break_chunks(rng: Random, wire: Wire) -> None:
    """Chunks with sizes that are none, without ends, or with trailers."""
    wire.framed = False
    wire.add(b"transfer-encoding", b"chunked")
    good = b"5\r\nhello\r\n"
    bad = (
        rng.choice(SIZES)
        + rng.choice((b"\r\n", b"\n", b"\r", b""))
        + b"hello"
        + rng.choice((b"\r\n", b"", b"\n", b"\r\r\n"))
    )
    end = rng.choice((b"0\r\n\r\n", b"0\r\n" + rng.choice(TRAILERS) + b"\r\n\r\n", b"0\n\n", b"00000\r\n\r\n", b""))
    wire.body = good * rng.randrange(3) + rng.choice((good, bad)) + end + rng.choice((b"", inner_request(rng)))


def hide_behind(rng: Random, wire: Wire) -> None:
    """A request right behind a whole one: it is one of its own, and has no key."""
    wire.framed = False
    wire.add(b"content-length", b"%d" % len(wire.body))
    wire.body += inner_request(rng)


WAYS = (break_length, contradict, break_chunks, hide_behind)
