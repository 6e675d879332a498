"""Request lines, paths and headers that are not in order."""

from collections.abc import Callable
from random import Random

from tests.gateway.malformed.wire import Wire

METHODS = (
    *(b"GET", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PRI", b"get", b"GE T", b"G\0ET", b"", b" POST"),
    *(b"P" * 5000, b"\xff\xfe", b"CONNECT", b"PROPFIND", b"POST\t", b"M-SEARCH"),
)
VERSIONS = (
    b"HTTP/1.0",
    b"HTTP/0.9",
    b"HTTP/2.0",
    b"HTTP/1.2",
    b"HTTP/1.1 ",
    b"http/1.1",
    b"HTTP/1.1\r",
    b"",
    b"HTTP/11.1",
)
STEPS = (
    *(
        b"..",
        b".",
        b"%2e%2e",
        b"%2E.",
        b".%2e",
        b"%252e%252e",
        b"..;",
        b";",
        b"..%00",
        b"%00",
        b"%2f",
        b"%2F..",
        b"%5c..",
    ),
    *(
        b"..\\",
        b"\\",
        b"//",
        b"",
        b"%",
        b"%zz",
        b"%c0%ae%c0%ae",
        b"%ef%bc%8e",
        b"\xff",
        b"a" * 300,
        b"?",
        b"#",
        b"v1",
        b"v2",
    ),
    *(
        b"openai",
        b"metrics",
        b"admin",
        b"%0d%0ax-key-hash:1",
        b"*",
        b"@",
        b"http:",
        b"chat",
        b"audio",
        b"%09",
        b"models",
    ),
)
TARGETS = (
    *(
        b"*",
        b"/",
        b"",
        b"v1",
        b"http://warm/v1/models",
        b"http:///v1",
        b"https://x@y/v1",
        b"//evil/v1",
        b"/\\evil",
        b"?",
    ),
    *(
        b"/v1" + b"/a" * 5000,
        b"/v1/" + b"x" * 70000,
        b"/v1/\x00",
        b"/v1/\x7f",
        b"/v1/ x",
        b"file:///etc/passwd",
        b"warm:80",
    ),
    *(
        b"/v2//openai/v1",
        b"/v2/x/openai/v1/../../../..",
        b"/v2/%2e%2e/openai/v1/x",
        b"/v2/-/openai/v1",
        b"/v2/x/openai/v2",
    ),
)
NAMES = (
    *(
        b"",
        b" ",
        b"a b",
        b"a:",
        b"\0",
        b"\r",
        b"x\x7f",
        b"\xff\xff",
        b"(x)",
        b"x@y",
        b"a" * 20000,
        b"x-\xc3\xa9",
        b"host ",
    ),
    *(b"content-length ", b"transfer-encoding\t", b":path", b":authority", b":method", b"x_y", b"__proto__"),
)
VALUES = (
    *(b"\0", b"a\0b", b"a\rb", b"a\nb", b"\x01\x02", b"\x7f", b"\xff" * 50, b"v" * 30000, b"v" * 90000, b" ", b"\t\t"),
    *(b"a\r\n b", b"a\r\n\tb", b"${jndi:ldap://x}", b"%s%n%x", b"\xc0\x80", b"'\"><script>", b"a,b;c=d"),
)
KNOWN = (
    *(b"host", b"content-type", b"content-encoding", b"accept-encoding", b"connection", b"upgrade", b"te", b"expect"),
    *(b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-request-id", b"traceparent", b"range", b"via"),
    *(b"keep-alive", b"proxy-connection", b"http2-settings", b"date", b"cookie", b"forwarded", b"x-client-request-id"),
)
UPGRADES = (
    ((b"connection", b"upgrade"), (b"upgrade", b"h2c"), (b"http2-settings", b"AAMAAABkAAQAAP__")),
    ((b"connection", b"upgrade"), (b"upgrade", b"websocket"), (b"sec-websocket-key", b"x")),
    ((b"expect", b"100-continue"),),
    ((b"expect", b"200-ok"),),
    ((b"connection", b"close, x-vhost, x-client-id, x-key-hash, host"),),
)


def break_path(rng: Random, wire: Wire) -> None:
    """Steps that lead out of /v1, on, or nowhere."""
    if rng.random() < 0.3:
        wire.target = rng.choice(TARGETS)
        return
    begin = rng.choice((b"/v1", b"/v1/chat/completions", b"/v2/x/openai/v1", b"", b"/"))
    joint = rng.choice((b"/", b"/", b"/", b"%2f", b"\\", b"//"))
    wire.target = begin + b"".join(joint + rng.choice(STEPS) for _ in range(rng.randrange(1, 8)))


def break_request_line(rng: Random, wire: Wire) -> None:
    if rng.random() < 0.5:
        wire.method = rng.choice(METHODS)
    else:
        wire.version = rng.choice(VERSIONS)


def break_headers(rng: Random, wire: Wire) -> None:
    for _ in range(rng.randrange(1, 4)):
        wire.add(rng.choice((*NAMES, *KNOWN)), rng.choice(VALUES))


def repeat_headers(rng: Random, wire: Wire) -> None:
    """A known header twice, or very many."""
    if rng.random() < 0.2:
        wire.fields += [(b"x-%d" % index, b"y") for index in range(rng.choice((90, 101, 300)))]
        return
    name = rng.choice(KNOWN)
    for value in rng.sample(
        (b"a", b"b", b"close", b"gzip", b"chunked", b"multipart/form-data", b"127.0.0.1", b"*/*"), 2
    ):
        wire.add(name, value)


def break_host(rng: Random, wire: Wire) -> None:
    hosts = (
        b"",
        b" ",
        b"a b",
        b"[::1",
        b"warm:99999999",
        b"*",
        b"h:warm",
        b"..",
        b"a\0",
        b"a,b",
        b"user@warm",
        b"x" * 9000,
    )
    wire.set(b"host", rng.choice(hosts))


def ask_for_an_upgrade(rng: Random, wire: Wire) -> None:
    wire.fields += rng.choice(UPGRADES)


Way = Callable[[Random, Wire], None]
WAYS: tuple[Way, ...] = (
    break_path,
    break_path,
    break_request_line,
    break_headers,
    repeat_headers,
    break_host,
    ask_for_an_upgrade,
)
