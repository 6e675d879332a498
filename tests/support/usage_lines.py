"""Lines as the gateway writes them."""

import json
from typing import Any

LINE: dict[str, Any] = {
    "id": "1",
    "time": "2026-05-01T10:30:00.000Z",
    "client": "team/key",
    "instance": "chat-12345678",
    "region": "here",
    "model": "small",
    "route": "chat",
    "method": "POST",
    "path": "/v1/chat/completions",
    "status": 200,
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}},
    "bytes_in": 100,
    "bytes_out": 200,
    "ms": 300,
    "ttft_ms": 30,
}


def line(identity: str, **fields: Any) -> bytes:
    """One request; a field of None is not there."""
    whole = LINE | {"id": identity} | fields
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def lines(*each: bytes) -> bytes:
    """NDJSON."""
    return b"\n".join(each) + b"\n"
