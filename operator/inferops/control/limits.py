"""Tells gateways how many requests of a key they may let through: the limits that hold over all of them.

One method, `/inferops.Limits/Take`, gRPC with plain text for messages, since gateway/src/limits.rs speaks it by hand:

    <client id> <wanted> <owed> <used> <ms ago>
        `owed`: let through without being asked for, while control was away; `used`: of the limit, as told `ms ago`
    <granted> <limit> <remaining> <reset ms> <retry ms>
        limit 0: the key has none
"""

import time
from typing import Any

import grpc

from inferops.control import metrics
from inferops.control.minutes import Grant, RequestLimits

SERVICE = "inferops.Limits"
MOST = 1 << 20
"""No gateway wants more at once."""


def limits_handler(limits: RequestLimits) -> Any:
    """The service, for a gRPC server."""

    async def take(message: bytes, context: Any) -> bytes:
        try:
            client, *numbers = message.decode().split(" ")
            wanted, owed, used, ago = map(int, numbers)
        except ValueError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "must be: client wanted owed used ago")
            raise
        now = time.monotonic()
        limits.recall(client, used, ago / 1000, now)
        limits.charge(client, owed, now)
        return write_grant(limits.take(client, min(max(wanted, 1), MOST), now))

    return grpc.method_handlers_generic_handler(SERVICE, {"Take": grpc.unary_unary_rpc_method_handler(take)})


def write_grant(grant: Grant) -> bytes:
    """The answer, which is counted too."""
    answer = "unlimited" if not grant.limit else "granted" if grant.granted else "refused"
    metrics.LIMITS.labels(answer).inc()
    reset, retry = round(grant.reset * 1000), round(grant.retry * 1000)
    return f"{grant.granted} {grant.limit} {grant.remaining} {reset} {retry}".encode()
