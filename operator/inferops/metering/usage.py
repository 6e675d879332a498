"""The log's field `usage`, an engine's usage object as it wrote it -> amounts by our names.

Source: `usage` of https://platform.openai.com/docs/api-reference; chat and responses call the same things differently.
"""

from typing import Any

import orjson

NAMES = {
    "prompt_tokens": "prompt",
    "input_tokens": "prompt",
    "completion_tokens": "completion",
    "output_tokens": "completion",
    "total_tokens": "total",
    "cached_tokens": "cached",
    "reasoning_tokens": "reasoning",
    "seconds": "seconds",
}


def read_usage(usage: object) -> dict[str, float]:
    """Tokens, and seconds of audio; as JSON or as its text. Raises ValueError where it is neither."""
    if usage is None or usage == "":
        return {}
    if isinstance(usage, str):
        usage = orjson.loads(usage)
    if not isinstance(usage, dict):
        raise ValueError(f"usage must be an object, is {usage!r:.40}")  # noqa: TRY004  as what is no JSON
    return pick_amounts(usage)


def pick_amounts(usage: dict[str, Any]) -> dict[str, float]:
    """Those with names that we know, also from the details beside them; null says nothing."""
    details = [value for value in usage.values() if isinstance(value, dict)]
    return {
        NAMES[name]: value
        for each in (*details, usage)
        for name, value in each.items()
        if name in NAMES and value is not None
    }
