"""JSON and forms that are not in order."""

import json
from random import Random

from tests.gateway.malformed.wire import Wire

MODELS = (
    *(
        '"Tiny/Chat-1"',
        "7",
        "null",
        "true",
        "[]",
        "{}",
        '["Tiny/Chat-1"]',
        '""',
        '" "',
        '"\\u0000"',
        '"\\ud800"',
        '"*"',
    ),
    *(
        '"a\\r\\nx-vhost: h:open"',
        '"../../open"',
        '"m:other/x"',
        '"' + "x" * 9000 + '"',
        "1e999",
        "-0",
        "NaN",
        '"%2e%2e"',
    ),
    *(
        '"Tiny\\/Chat-1"',
        '"tiny/chat-1"',
        '"Tiny/Chat-1 "',
        '"locked\'"',
        '"l:team/alice"',
        '"h:warm"',
        '"%"',
        '"é\u202e"',
    ),
)
JSON_TYPES = (
    *(
        b"application/json",
        b"application/json; charset=utf-16",
        b"APPLICATION/JSON",
        b"text/json",
        b"application/x+json",
    ),
    *(b"application/json, text/plain", b"", b"application/json;" + b"x" * 500, b"json", b"multipart/form-data"),
)
FORM_TYPES = (
    *(
        b"multipart/form-data; boundary=B",
        b'multipart/form-data; boundary="B"',
        b"multipart/form-data",
        b"multipart/mixed",
    ),
    *(
        b"multipart/form-data; boundary=",
        b"multipart/form-data; boundary=" + b"B" * 300,
        b"Multipart/Form-Data; boundary=B",
    ),
    *(b"multipart/form-data; boundary=B; boundary=C", b"multipart/form-data; boundary=\xff", b"xmultipart/form-data;"),
)
PARTS = (
    *(
        'name="model"',
        "name=model",
        "name='model'",
        'name="model"; name="file"',
        'filename="x"; name="model"',
        'name="Model"',
    ),
    *(
        'name="model"; filename="model"',
        'name="\\"model"',
        'name="file"; x="name=\\"model\\""',
        'NAME="model"',
        'name=""',
    ),
    *('name="mo\0del"', "name*=UTF-8''model", 'name="model', 'name="model[]"', "", 'name="a\r\n\r\nname=model"'),
)
VALUES = (
    "Tiny/Chat-1",
    "",
    "\0",
    "x" * 9000,
    "Tiny/Chat-1\r\nx-vhost: h:open",
    "../open",
    "é",
    "--B--",
    "*",
    "--B\r\n",
    "locked",
)


def break_json(rng: Random, wire: Wire) -> None:
    """A body that is called JSON."""
    wire.set(b"content-type", rng.choice(JSON_TYPES) if rng.random() < 0.3 else b"application/json")
    model = rng.choice(MODELS)
    text = rng.choice(
        (
            f'{{"model": {model}}}',
            f'{{"model": {model}, "model": {rng.choice(MODELS)}}}',
            f'{{"x": {{"model": {model}}}}}',
            f'[{{"model": {model}}}]',
            f'{{"model": {model}',
            f'{{"model" {model}}}',
            f'{{"model": {model}}}{{"model": "locked"}}',
            f'{{"MODEL": {model}, "\\u006dodel": {rng.choice(MODELS)}}}',
            '{"a":' * rng.choice((100, 2000, 20000)),
            "[" * rng.choice((100, 2000, 50000)),
            f'{{"n": {"9" * 5000}, "model": {model}}}',
            f'{{"n": 1e{"9" * 300}, "model": {model}}}',
            json.dumps({str(index): index for index in range(2000)}),
            model,
            "",
            "\ufeff" + f'{{"model": {model}}}',
        )
    )
    wire.body = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.3:
        at = rng.randrange(len(wire.body) + 1)
        wire.body = wire.body[:at] + rng.choice((b"\xff", b"\xc3", b"\0", b"\xed\xa0\x80", b"\x1b")) + wire.body[at:]
    if rng.random() < 0.05:
        wire.body = text.encode("utf-16", "surrogatepass")


def break_form(rng: Random, wire: Wire) -> None:
    """A body that is called a form."""
    wire.target = b"/v1/audio/transcriptions"
    wire.set(b"content-type", rng.choice(FORM_TYPES))
    parts = []
    for _ in range(rng.randrange(4)):
        extra = rng.choice(("", "X: " + "y" * 5000 + "\r\n", "content-type: audio/wav\r\n", " folded\r\n", "\0: 1\r\n"))
        line_end = rng.choice(("\r\n", "\r\n", "\r\n", "\n", "\r"))
        kind = rng.choice(("form-data; ", "form-data;", "attachment; ", ""))
        head = f"content-disposition: {kind}{rng.choice(PARTS)}{line_end}{extra}"
        inner = rng.choice(
            (rng.choice(VALUES), '--C\r\ncontent-disposition: form-data; name="model"\r\n\r\nlocked\r\n--C--')
        )
        parts.append(f"--B{line_end}{head}{line_end}{inner}{line_end}")
    end = rng.choice(("--B--\r\n", "--B--", "", "--B", "--", "\r\n--B--\r\n--B--\r\n"))
    wire.body = ("".join(parts) + end).encode()
    if rng.random() < 0.1:
        wire.body = wire.body[: rng.randrange(len(wire.body) + 1)] + bytes(rng.randrange(256) for _ in range(200))


WAYS = (break_json, break_json, break_form)
