"""What the ledger is asked: reports, timelines, prices and exports. Errors of the database are the server's to tell."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from aiohttp import web
from sqlalchemy import Connection, Engine

from inferops.metering.ledger.database import reading
from inferops.metering.reports.export import TYPES, find_source, parse_shape, read_export
from inferops.metering.reports.prices import build_price_rows, read_prices
from inferops.metering.reports.query import parse_query
from inferops.metering.reports.report import read_report
from inferops.metering.reports.timeline import parse_window, read_timeline
from inferops.settings import Settings

T = TypeVar("T")
AT_ONCE = 4
"""Reports that are worked out at a time; more wait. Each may hold some hundred thousand rows' sums."""


def routes(engine: Engine, settings: Settings) -> list[web.RouteDef]:
    """Of one server."""
    asking = Asking(engine, settings.prices.currency)
    handlers = {
        "reports": asking.report,
        "timeline": asking.timeline,
        "prices": asking.prices,
        "export": asking.export,
    }
    return [web.get(f"/v1/{name}", refuse(handler)) for name, handler in handlers.items()]


class Asking:
    """Reads of one database."""

    def __init__(self, engine: Engine, currency: str) -> None:
        self._engine = engine
        self._currency = currency
        self._room = asyncio.Semaphore(AT_ONCE)

    async def report(self, request: web.Request) -> web.StreamResponse:
        """`GET /v1/reports`: the parameters are those of parse_query."""
        query = parse_query(request.query, datetime.now(UTC))
        return answer(await self._read(lambda connection: read_report(connection, query, self._currency)))

    async def timeline(self, request: web.Request) -> web.StreamResponse:
        """`GET /v1/timeline`: the parameters are those of parse_window."""
        window = parse_window(request.query, datetime.now(UTC))
        return answer(await self._read(lambda connection: read_timeline(connection, window)))

    async def prices(self, request: web.Request) -> web.StreamResponse:
        """`GET /v1/prices?kind&name`: what changed when."""
        history = await self._read(read_prices)
        return answer({"rows": build_price_rows(history, request.query)})

    async def export(self, request: web.Request) -> web.StreamResponse:
        """`GET /v1/export?what=records|hours|replicas&format=csv|jsonl`, with the filters of reports: a stream."""
        query = parse_query(request.query, datetime.now(UTC))
        source, shape = find_source(request.query.get("what"), query), parse_shape(request.query.get("format"))
        parts = read_export(self._engine, source, query, shape)
        first = await asyncio.to_thread(next, parts, b"")  # what goes wrong at once is an error, and no broken stream
        response = web.StreamResponse(headers={"content-type": TYPES[shape]})
        await response.prepare(request)
        await send(response, first, parts)
        await response.write_eof()
        return response

    async def _read(self, read: Callable[[Connection], T]) -> T:
        """In a thread: databases make wait."""

        def work() -> T:
            with reading(self._engine) as connection:
                return read(connection)

        async with self._room:
            return await asyncio.to_thread(work)


async def send(response: web.StreamResponse, first: bytes, parts: Iterator[bytes]) -> None:
    """As fast as the reader reads: a page is read when the one before is gone."""
    part: bytes | None = first
    while part:
        await response.write(part)
        part = await asyncio.to_thread(next, parts, None)


def refuse(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Callable[..., Any]:
    """What makes no sense is a 400 that says what would."""

    async def handled(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ValueError as error:
            return answer({"error": str(error)}, 400)

    return handled


def answer(body: dict[str, Any], status: int = 200) -> web.Response:
    """JSON."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
