"""A line of the gateway's journal -> what one request used; pure. The meter counts by it, the ledger stores it.

What nobody knows is None, never 0: an amount of 0 is one that the engine said.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import orjson

from inferops.metering.usage import read_usage

Route = Literal[
    "chat",
    "completions",
    "responses",
    "embeddings",
    "rerank",
    "transcriptions",
    "translations",
    "speech",
    "images",
    "other",
]
Broken = Literal["client", "engine", "gateway"]
MOST = 10**12
"""Bytes, milliseconds or images of one request, which the gateway counts."""
MOST_TOKENS, MOST_SECONDS = 10**9, 10**6
"""An engine that says more is not believed: a database adds up nine billion such requests."""
LAST_STATUS = 999
DIGITS = 32
LONGEST = 512
"""Characters of a name or an id."""


@dataclass(frozen=True, slots=True)
class Record:
    """One request. Tokens and images are counts, `seconds` those of audio, `ms` from the first byte of the request to
    the last of its answer, `ttft_ms` to the first of its answer's body, `held_ms` until it was sent to a replica (None:
    at once).
    """

    id: str
    time: datetime
    """When the request began, UTC."""
    namespace: str
    """Of the key; empty where there is none."""
    key: str
    """Name of the ApiKey; empty where the instance asks for none, or the request had none that is right."""
    instance: str
    region: str
    model: str
    route: str
    """One of `Route`."""
    status: int
    """0: the client left before there was one."""
    prompt: int | None
    completion: int | None
    cached: int | None
    """Of `prompt`."""
    reasoning: int | None
    """Of `completion`."""
    seconds: Decimal | None
    images: int | None
    bytes_in: int
    bytes_out: int
    ms: int | None
    ttft_ms: int | None
    held_ms: int | None
    broken: str
    """One of `Broken`, who broke the answer off; empty where it ended by itself."""
    unknown: bool
    """It used something, and nobody knows how much."""

    @property
    def client(self) -> str:
        """`<namespace>/<ApiKey>`, as the gateway calls the key; empty where there is none."""
        return f"{self.namespace}/{self.key}" if self.key else self.namespace


def parse_record(line: bytes) -> Record:
    """One line of JSON. Raises ValueError where it is none, or lacks what a record cannot be without: `id`, `time`."""
    fields = orjson.loads(line)
    if not isinstance(fields, dict):
        raise ValueError(f"a record must be an object, is {fields!r:.40}")  # noqa: TRY004  as what is no JSON
    namespace, _, key = read_name(fields, "client").partition("/")
    amounts, readable = read_amounts(fields.get("usage"))
    return Record(
        id=read_id(fields, line),
        time=read_time(fields.get("time")),
        namespace=namespace,
        key=key,
        instance=read_name(fields, "instance"),
        region=read_name(fields, "region"),
        model=read_name(fields, "model"),
        route=read_name(fields, "route") or "other",
        status=read_status(fields.get("status")),
        prompt=amounts.get("prompt"),
        completion=amounts.get("completion"),
        cached=amounts.get("cached"),
        reasoning=amounts.get("reasoning"),
        seconds=first(amounts.get("seconds"), bound_seconds(read_seconds(fields.get("seconds")))),
        images=read_count(fields.get("images")),
        bytes_in=read_count(fields.get("bytes_in")) or 0,
        bytes_out=read_count(fields.get("bytes_out")) or 0,
        ms=read_count(fields.get("ms")),
        ttft_ms=read_count(fields.get("ttft_ms")),
        held_ms=read_count(fields.get("held_ms")),
        broken=read_name(fields, "broken"),
        unknown=bool(fields.get("unknown")) or not readable,
    )


def read_amounts(usage: object) -> tuple[dict[str, Any], bool]:
    """The engine's usage by our names, and whether all of it could be believed."""
    try:
        said = read_usage(usage)
    except ValueError:
        return {}, False
    amounts = {name: read_amount(name, value) for name, value in said.items()}
    readable = None not in amounts.values()
    if amounts.get("prompt") is None and (total := amounts.get("total")) is not None:
        amounts["prompt"] = max(total - (amounts.get("completion") or 0), 0)  # rerank says the total alone
    return amounts, readable


def read_amount(name: str, value: object) -> int | Decimal | None:
    """Tokens, or seconds of audio. None for what is no amount, or beyond belief."""
    if name == "seconds":
        seconds = read_seconds(value)
        return None if seconds is None or seconds > MOST_SECONDS else seconds
    count = read_count(value)
    return None if count is None or count > MOST_TOKENS else count


def read_count(value: object) -> int | None:
    """None for what is no count of something."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= MOST else None  # a bool is none


def read_status(value: object) -> int:
    """Of HTTP; 0 for what is none."""
    status = read_count(value) or 0
    return status if status <= LAST_STATUS else 0


def read_seconds(value: object) -> Decimal | None:
    """As they are written, not as binary fractions are. None for what is no duration."""
    if value is None or isinstance(value, bool):
        return None
    try:
        seconds = Decimal(str(value))
    except InvalidOperation:
        return None
    return seconds if seconds.is_finite() and seconds >= 0 else None


def bound_seconds(seconds: Decimal | None) -> Decimal | None:
    """Of the gateway's own count: a file whose head says that it is endless is long, and not of unknown length."""
    return None if seconds is None else min(seconds, Decimal(MOST_SECONDS))


def first(*values: Decimal | None) -> Decimal | None:
    """That is not None."""
    return next((value for value in values if value is not None), None)


def read_name(fields: dict[str, Any], field: str) -> str:
    """Empty where there is none. Raises ValueError."""
    value = fields.get(field) or ""
    if not isinstance(value, str) or len(value) > LONGEST or "\0" in value:
        raise ValueError(f"{field} must be text of at most {LONGEST} characters, is {value!r:.40}")
    return value


def read_id(fields: dict[str, Any], line: bytes) -> str:
    """What Envoy refuses before it gives an id, as HTTP/1.0, is told from others by its line. Raises ValueError."""
    if fields.get("id", "") is None:
        return hashlib.sha256(line).hexdigest()[:DIGITS]
    if not (found := read_name(fields, "id")):
        raise ValueError("id must not be empty: the request could not be told from another")
    return found


def read_time(text: object) -> datetime:
    """RFC 3339 -> UTC. Raises ValueError."""
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
        if time and time.tzinfo:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"time must be RFC 3339 with its zone, such as 2026-01-31T12:00:00.000Z, is {text!r:.40}")
