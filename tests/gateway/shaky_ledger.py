"""A ledger that stores what it gets, and misbehaves where a test says so: what the meter must bear."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from aiohttp import web

Mood = Literal["well", "error", "hang", "reset", "reset later", "garbage", "miscount", "trickle", "elsewhere", "refuse"]


class ShakyLedger:
    """Records by id. `mood`: how it answers."""

    def __init__(self) -> None:
        self.mood: Mood = "well"
        self.unwanted = b""
        """Batches with this in them are refused."""
        self.records: dict[str, bytes] = {}
        self.unreadable: list[bytes] = []
        self.known = 0
        """Lines that came again."""
        self.asked = 0
        """Times."""
        self.meters: set[str] = set()
        self.url = ""

    @asynccontextmanager
    async def serve(
        self, port: int = 0, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> AsyncIterator[int]:
        """The port."""
        app = web.Application(client_max_size=8 << 20)
        app.router.add_post("/v1/records", self.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, ssl_context=tls).start()
            port = runner.addresses[0][1]
            self.url = f"http{'s' if tls else ''}://{host}:{port}"
            yield port
        finally:
            await runner.cleanup()

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        self.meters.add(request.headers["x-meter"])
        match self.mood:
            case "error":
                return web.json_response({"error": "database is locked"}, status=503)
            case "hang":
                await asyncio.sleep(60)
            case "reset":
                assert request.transport
                request.transport.abort()
                return web.Response()
            case "elsewhere":
                return web.Response(status=404, text="no such page")
            case "garbage":
                return web.Response(text="<html>Welcome</html>")
        body = await request.read()
        if self.unwanted and self.unwanted in body:
            return web.json_response({"error": "a record is not wanted"}, status=400)
        answer = self.store(body)
        if self.mood == "miscount":
            answer["stored"] -= 1
        if self.mood == "reset later":
            assert request.transport
            request.transport.abort()
        if self.mood == "trickle":
            await self.trickle(request)
        return web.json_response(answer)

    def store(self, body: bytes) -> dict[str, int]:
        lines = body.splitlines()
        known = unreadable = 0
        for line in lines:
            try:
                found = json.loads(line)["id"]
            except (ValueError, KeyError, TypeError):
                self.unreadable.append(line)
                unreadable += 1
                continue
            known += found in self.records
            self.records.setdefault(found, line)
        self.known += known
        return {"stored": len(lines) - known - unreadable, "known": known, "unreadable": unreadable}

    async def trickle(self, request: web.Request) -> None:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(600):
            await response.write(b" ")
            await asyncio.sleep(0.1)
