"""Keys that must open nothing: none, wrong, nearly right, at the wrong place, or our own headers in their stead."""

from hashlib import sha256
from random import Random

from tests.gateway.gateway import host_of
from tests.gateway.malformed.wire import Wire
from tests.gateway.objects import ADMIN, ALICE, BOB, EVE

KEY, OTHERS = ALICE.encode(), tuple(key.encode() for key in (BOB, EVE, ADMIN))
HASH = sha256(KEY).hexdigest().encode()
OPEN = b"h:" + host_of("open").encode()
"""The virtual host of an instance that is there for everybody."""
SPOOFED_ADDRESS = b"203.0.113.9"
INTERNAL = (
    (b"x-key-hash", HASH),
    (b"x-client-id", b"team/alice"),
    (b"x-vhost", OPEN),
    (b"x-prefix-hash", b"1"),
    (b"x-envoy-original-path", b"/v1/spoofed"),
    (b"x-envoy-expected-rq-timeout-ms", b"1"),
    (b"x-envoy-decorator-operation", b"spoofed"),
    (b"x-envoy-internal", b"true"),
    (b"x-envoy-external-address", SPOOFED_ADDRESS),
)
"""What only the gateway may say, and what Envoy would obey."""
SPELLINGS = (
    lambda name: name,
    bytes.upper,
    bytes.title,
    lambda name: name.replace(b"-", b"_"),
    lambda name: name + b" ",
    lambda name: name + b"\t",
    lambda name: b" " + name,
    lambda name: name + b"\0",
    lambda name: b"\xef\xbb\xbf" + name,
)


def break_key(rng: Random) -> bytes:
    """Not the key, but near it."""
    at = rng.randrange(len(KEY))
    return rng.choice(
        (
            KEY[:-1],
            KEY[1:],
            KEY + b"e",
            KEY + b"\\0",
            KEY.upper(),
            KEY[:at] + bytes([KEY[at] ^ 1]) + KEY[at + 1 :],
            KEY + b"," + KEY,
            KEY + b" " + KEY,
            b'"' + KEY + b'"',
            KEY.replace(b"-", b"%2d"),
            HASH,
            HASH.upper(),
            b"sha256:" + HASH,
            b"anyone",
            b"none",
            b"-",
            b"*",
            b"",
            b"invalid",
            b"k" * rng.choice((511, 512, 513, 5000)),
            bytes(rng.randrange(0x80, 0x100) for _ in range(20)),
            b"' or 1=1 --",
            rng.choice(OTHERS),
        )
    )


def add_wrong_key(rng: Random, wire: Wire) -> None:
    """One or two of the ways to send a key that is none."""
    for _ in range(rng.choice((1, 1, 2))):
        rng.choice(WAYS)(rng, wire)


def as_header(rng: Random, wire: Wire) -> None:
    wire.add(b"x-api-key", break_key(rng))


def as_bearer(rng: Random, wire: Wire) -> None:
    scheme = rng.choice((b"Bearer ", b"bearer  ", b"BEARER\t", b"Bearer", b"Basic ", b"Token ", b"Bearer Bearer ", b""))
    wire.add(b"authorization", scheme + break_key(rng))


def twice(rng: Random, wire: Wire) -> None:
    """Even the right one: two headers are no key."""
    name, value = rng.choice(((b"x-api-key", KEY), (b"authorization", b"Bearer " + KEY)))
    wire.fields += [(name, value)] * 2


def elsewhere(rng: Random, wire: Wire) -> None:
    """The right one, where nobody looks for it."""
    name = rng.choice((b"cookie", b"api-key", b"x-apikey", b"proxy-authorization", b"x_api_key", b"trailer"))
    wire.add(name, b"x-api-key=" + KEY if name == b"cookie" else KEY)
    wire.target += b"?x-api-key=" + KEY + b"&authorization=Bearer%20" + KEY


def by_our_own_headers(rng: Random, wire: Wire) -> None:
    for name, value in rng.sample(INTERNAL, rng.randrange(1, len(INTERNAL))):
        wire.add(rng.choice(SPELLINGS)(name), value)
    if rng.random() < 0.5:
        wire.add(rng.choice((b"connection", b"te", b"trailer")), rng.choice(INTERNAL)[0])


def folded(rng: Random, wire: Wire) -> None:
    """A value over two lines (obsolete since RFC 7230)."""
    wire.add(b"x-fold", b"a\r\n " + rng.choice((b"x-api-key: ", b"authorization: Bearer ", b"")) + KEY)


def odd_name(rng: Random, wire: Wire) -> None:
    """A key in a header whose name is not quite the one."""
    wire.add(rng.choice(SPELLINGS[3:])(b"x-api-key"), KEY)


WAYS = (as_header, as_bearer, twice, elsewhere, by_our_own_headers, folded, odd_name)
