"""Records -> rows of `records`, `hours` and `minutes`; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from inferops.metering.ledger.moments import to_ms
from inferops.metering.ledger.tables import HOUR_MS, MINUTE_MS
from inferops.metering.record import Record

Row = dict[str, Any]
KEY = ("hour", "namespace", "key", "instance", "region", "model", "route", "price_id")
"""What tells rows of `hours` apart."""
AMOUNTS = ("prompt", "completion", "cached", "reasoning", "audio_ms", "images", "bytes_in", "bytes_out", "ms")
SUMS = ("requests", "errors", "unknown", "broken", *AMOUNTS)
ERROR_STATUS = 400
MINUTE_KEY = ("minute", "instance", "region")
MINUTE_SUMS = ("requests", "errors")


def build_row(record: Record, namespace: str, price_id: int, meter: str) -> Row:
    """Of `records`."""
    return {
        "id": record.id,
        "time": to_ms(record.time),
        "namespace": namespace,
        "key": record.key,
        "instance": record.instance,
        "region": record.region,
        "model": record.model,
        "route": record.route,
        "status": record.status,
        "prompt": record.prompt,
        "completion": record.completion,
        "cached": record.cached,
        "reasoning": record.reasoning,
        "audio_ms": None if record.seconds is None else to_audio_ms(record.seconds),
        "images": record.images,
        "bytes_in": record.bytes_in,
        "bytes_out": record.bytes_out,
        "ms": record.ms,
        "ttft_ms": record.ttft_ms,
        "held_ms": record.held_ms,
        "broken": record.broken or None,
        "unknown": record.unknown,
        "price_id": price_id,
        "meter": meter,
    }


def to_audio_ms(seconds: Decimal) -> int:
    """To the nearest millisecond."""
    return int((seconds * 1000).to_integral_value())


def sum_hours(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """What rows of `records` add to `hours`, in the order of KEY: writers that take locks in one order never wait for
    each other in a circle.
    """
    sums: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = (row["time"] - row["time"] % HOUR_MS, *(row[name] for name in KEY[1:]))
        total = sums.get(key)
        if total is None:
            total = sums[key] = dict(zip(KEY, key, strict=True)) | dict.fromkeys(SUMS, 0)
        total["requests"] += 1
        total["errors"] += row["status"] >= ERROR_STATUS
        total["unknown"] += row["unknown"]
        total["broken"] += row["broken"] is not None
        for name in AMOUNTS:
            total[name] += row[name] or 0
    return [sums[key] for key in sorted(sums)]


def sum_minutes(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """What rows of `records` add to `minutes`, in the order of MINUTE_KEY."""
    requests, errors = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for row in rows:
        key = row["time"] - row["time"] % MINUTE_MS, row["instance"], row["region"]
        requests[key] += 1
        errors[key] += row["status"] >= ERROR_STATUS
    return [
        dict(zip(MINUTE_KEY, key, strict=True)) | {"requests": requests[key], "errors": errors[key]}
        for key in sorted(requests)
    ]
