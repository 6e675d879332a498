"""The ledger's HTTP: meters deliver, control asks what keys have spent, and asking.py answers reports."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

import orjson
from aiohttp import web
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from inferops.metering.ledger import metrics
from inferops.metering.ledger.clerk import Clerk, now_ms
from inferops.metering.ledger.database import reading
from inferops.metering.ledger.failures import describe
from inferops.metering.ledger.housekeeping import DAY_MS
from inferops.metering.ledger.ingestion import Stored, read_delivery, store_delivery
from inferops.metering.ledger.spent import parse_questions, read_spent
from inferops.metering.ledger.tables import NO_PRICE
from inferops.settings import LedgerSettings

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LONGEST_BODY = 8 * 1024 * 1024
MOST_LINES = 5_000
MOST_WAITING = 16
"""Deliveries; a meter that is sent away comes again."""


class Records:
    """Takes what meters deliver. `writer` has one thread, in which all writing is done."""

    def __init__(self, engine: Engine, settings: LedgerSettings, writer: Executor, clerk: Clerk) -> None:
        self._engine = engine
        self._settings = settings
        self._writer = writer
        self._clerk = clerk
        self._waiting = 0

    async def store(self, request: web.Request) -> web.Response:
        """`POST /v1/records`: answered when they are on the disk."""
        body, meter = await request.read(), request.headers.get("x-meter", "")[:253]
        if body.count(b"\n") > MOST_LINES:
            return refuse(413, f"at most {MOST_LINES} records at once")
        if gaps := self._clerk.find_gaps():  # a record stored now would have no price for ever
            return refuse(503, "; ".join(gaps))
        if self._waiting >= MOST_WAITING:
            return refuse(503, "too many deliveries at once")
        self._waiting += 1
        try:
            stored = await asyncio.get_running_loop().run_in_executor(self._writer, self._store, body, meter)
        finally:
            self._waiting -= 1
        return answer({"stored": stored.stored, "known": stored.known, "unreadable": stored.unreadable})

    async def spent(self, request: web.Request) -> web.Response:
        """`POST /v1/spent`."""
        try:
            questions = parse_questions(orjson.loads(await request.read()))
        except ValueError as error:
            return refuse(400, str(error))

        def read() -> dict[str, dict[str, object]]:
            with reading(self._engine) as connection:
                return read_spent(connection, questions)

        return answer(await asyncio.to_thread(read))

    def _store(self, body: bytes, meter: str) -> Stored:
        began, now = time.monotonic(), now_ms()
        delivery = read_delivery(body, meter, now, now - self._settings.retention_days * DAY_MS)
        stored = store_delivery(self._engine, delivery, self._clerk.served)
        metrics.STORE_SECONDS.observe(time.monotonic() - began)
        count(stored, now_ms())
        return stored


def count(stored: Stored, now: int) -> None:
    """For /metrics."""
    for outcome in ("stored", "known", "unreadable"):
        metrics.RECORDS.labels(outcome).inc(getattr(stored, outcome))
    for row in stored.new:
        metrics.LAG.observe(max(now - row["time"] - (row["ms"] or 0), 0) / 1000)
        if row["unknown"]:
            metrics.UNKNOWN.labels(row["instance"]).inc()
    metrics.UNPRICED.inc(sum(row["price_id"] == NO_PRICE for row in stored.new))


def build_app(records: Records, routes: list[web.RouteDef]) -> web.Application:
    """All of it."""
    app = web.Application(client_max_size=LONGEST_BODY, middlewares=[tell_failures])
    app.add_routes([web.post("/v1/records", records.store), web.post("/v1/spent", records.spent), *routes])
    return app


@web.middleware
async def tell_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A database that is away, full or locked is a 503, and passes; errors are JSON."""
    try:
        return await handler(request)
    except SQLAlchemyError as error:
        metrics.FAILURES.labels(request.path).inc()
        logger.warning("the database refused", extra={"path": request.path, "error": describe(error)})
        return refuse(503, f"the database does not answer: {describe(error)}")
    except web.HTTPException as error:
        return refuse(error.status, error.reason)


def answer(body: object, status: int = 200) -> web.Response:
    """JSON."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def refuse(status: int, text: str) -> web.Response:
    """`{"error": text}`."""
    return answer({"error": text}, status)
