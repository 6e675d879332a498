"""HTTP/1.1 as bytes: a request in pieces that a case may break, and messages as RFC 9112 allows them and no other."""

import re
from dataclasses import dataclass, field

HEAD = re.compile(rb"(?P<start>[^\r\n\0]+)\r\n(?P<fields>(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)*)\r\n")
REQUEST_LINE = re.compile(rb"[A-Z]+ /[!-~]* HTTP/1\.1")
STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [ -~]*")
CHUNK = re.compile(rb"([0-9a-fA-F]+)\r\n")
Fields = list[tuple[bytes, bytes]]


@dataclass
class Wire:
    """A request that is in order until somebody breaks it."""

    method: bytes = b"POST"
    target: bytes = b"/v1/chat/completions"
    version: bytes = b"HTTP/1.1"
    fields: Fields = field(default_factory=list)
    body: bytes = b""
    framed: bool = True
    """Whether the length of the body is announced."""

    def add(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))

    def set(self, name: bytes, value: bytes) -> None:
        self.fields = [(known, old) for known, old in self.fields if known.lower() != name.lower()]
        self.add(name, value)

    def encode(self) -> bytes:
        length = [(b"content-length", b"%d" % len(self.body))] if self.framed else []
        lines = [name + b": " + value for name, value in [*self.fields, *length]]
        return b"\r\n".join([b" ".join((self.method, self.target, self.version)), *lines, b"", self.body])


@dataclass(frozen=True)
class Message:
    """A request or an answer as it came."""

    start: bytes
    fields: Fields
    body: bytes

    def of(self, name: bytes) -> list[bytes]:
        return [value for known, value in self.fields if known.lower() == name]

    @property
    def status(self) -> int:
        found = STATUS_LINE.fullmatch(self.start)
        return int(found[1]) if found else 0


def take_message(data: bytes, start: re.Pattern[bytes]) -> tuple[Message, bytes] | None:
    """The first message and what follows; None: more must come. ValueError: not HTTP."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = HEAD.fullmatch(data[: end + 4])
    if head is None or not start.fullmatch(head["start"]):
        raise ValueError(data[: end + 4])
    lines = head["fields"].split(b"\r\n")[:-1]
    fields = [(name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
    rest = data[end + 4 :]
    message = Message(head["start"], fields, b"")
    if message.status // 100 == 1 or message.status in {204, 304}:
        return message, rest
    body = take_body(message, rest)
    return body and (Message(message.start, fields, body[0]), body[1])


def take_body(message: Message, data: bytes) -> tuple[bytes, bytes] | None:
    """The body by the one announcement that there may be."""
    lengths, codings = message.of(b"content-length"), message.of(b"transfer-encoding")
    if len(lengths) + len(codings) > 1:
        raise ValueError(message)
    if codings:
        if codings != [b"chunked"]:
            raise ValueError(message)
        return take_chunks(data)
    if not lengths:
        return b"", data
    size = int(lengths[0])
    return (data[:size], data[size:]) if len(data) >= size else None


def take_chunks(data: bytes) -> tuple[bytes, bytes] | None:
    """A chunked body without trailers."""
    body, at = b"", 0
    while found := CHUNK.match(data, at):
        size, begin = int(found[1], 16), found.end()
        if len(data) < begin + size + 2:
            return None
        if data[begin + size : begin + size + 2] != b"\r\n":
            raise ValueError(data[at:])
        body, at = body + data[begin : begin + size], begin + size + 2
        if size == 0:
            return body, data[at:]
    if b"\r\n" in data[at:]:
        raise ValueError(data[at:])
    return None
