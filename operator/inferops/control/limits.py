"""Tells gateways what they may let through of a key: the limits that hold over all of them; and hears what was used.

gRPC with plain text for messages, since gateway/src/limits.rs speaks it by hand. `/inferops.Limits/Take`:

    <client id> <wanted> <owed> <used> <ms ago> <request id> <instance> <bytes> <most tokens> <tokens used>
        `owed`: let through without being asked for, while control was away; `used`: of the limit, as told `ms ago`
    <granted> <limit> <remaining> <reset ms> <retry ms>
        limit 0: the key has none
    ... <why> <limit> <remaining> <reset ms> <sentence>
        only where tokens or money are limited: each request is to be asked about. The limit of tokens, 0: there is none

`/inferops.Limits/Settle`, of requests of these keys that have ended, a line each:

    <client id> <request id> <instance> <status> <ms of audio, or -> <usage>
        the gateway's own count of the audio, for engines that say none
"""

import logging
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import grpc

from inferops.control import metrics
from inferops.control.allowances import Allowances, Answer, Question, Settlement
from inferops.metering.record import read_amounts

logger = logging.getLogger(__name__)

SERVICE = "inferops.Limits"
MOST = 1 << 20
"""No gateway wants more at once."""
LARGEST = 2**32 - 1
"""A gateway reads no larger number."""
TAKEN = b"ok"
SUCCESS = {101, *range(200, 300)}


def limits_handler(allowances: Allowances) -> Any:
    """The service, for a gRPC server."""

    async def take(message: bytes, context: Any) -> bytes:
        try:
            question = read_question(message)
        except ValueError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "must be: client wanted owed used ago ...")
            raise
        return write_answer(allowances.ask(question, time.monotonic(), datetime.now(UTC)))

    async def settle(message: bytes, _context: Any) -> bytes:
        for line in message.split(b"\n"):
            try:
                settlement = read_settlement(line)
            except ValueError:
                logger.warning("settlement not read", extra={"bytes": len(line)})
                continue
            known = allowances.settle(settlement, time.monotonic(), datetime.now(UTC))
            metrics.SETTLEMENTS.labels("settled" if known else "unknown").inc()
        return TAKEN

    methods = {"Take": take, "Settle": settle}
    handlers = {name: grpc.unary_unary_rpc_method_handler(method) for name, method in methods.items()}
    return grpc.method_handlers_generic_handler(SERVICE, handlers)


def read_question(message: bytes) -> Question:
    """Raises ValueError."""
    client, wanted, owed, used, ago, *more = message.decode().split(" ")
    count = min(max(int(wanted), 1), MOST)
    question = Question(client, count, int(owed), int(used), int(ago) / 1000)
    if not more:
        return question
    request, instance, *rest = more
    size, most, tokens_used = map(int, rest)
    return Question(*question[:5], request, instance, size, most, tokens_used)


def write_answer(answer: Answer) -> bytes:
    """It is counted too."""
    grant, tokens = answer.requests, answer.tokens
    granted = not answer.retry
    kind = answer.why if answer.why != "requests" else "refused"
    metrics.LIMITS.labels(kind if not granted else "granted" if grant.limit or tokens else "unlimited").inc()
    numbers = [grant.granted if granted else 0, grant.limit, grant.remaining]
    text = write_numbers(*numbers, grant.reset * 1000, answer.retry * 1000)
    if tokens is None:
        return text.encode()
    counted = write_numbers(tokens.limit, tokens.remaining, tokens.reset * 1000)
    return f"{text} {answer.why} {counted} {answer.sentence}".encode()


def write_numbers(*numbers: float) -> str:
    """As gateways read them."""
    return " ".join(str(min(round(number), LARGEST)) for number in numbers)


def read_settlement(line: bytes) -> Settlement:
    """Raises ValueError. Usage that cannot be read is not known."""
    client, request, instance, status, audio, usage = line.decode(errors="replace").split(" ", 5)
    amounts, _ = read_amounts(usage)
    seconds: Decimal | None = amounts.get("seconds")
    counted = None if audio == "-" else int(audio)
    return Settlement(
        client,
        request,
        instance,
        int(status) in SUCCESS,
        amounts.get("prompt"),
        amounts.get("completion"),
        counted if seconds is None else round(seconds * 1000),
    )
