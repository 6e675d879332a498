"""A stand-in for an engine: says what reached it, streams, waits, and notes who left."""

import asyncio
import json
from typing import Any, Self

from aiohttp import web

SHUTTING_DOWN = "cannot schedule new futures after shutdown"


class Engine:
    """An HTTP server on one loopback address. `seen` holds what came, newest last."""

    def __init__(self, name: str, address: str = "127.0.0.1", port: int = 0) -> None:
        self.name = name
        self.address = address
        self.port = port
        self.seen: list[dict[str, Any]] = []
        self.open = 0
        self.left = 0
        self.breaking = False
        """Breaks each request off before its answer begins."""
        self.shutting_down = False
        """Refuses as vLLM does that was told to end."""
        self.pause = 0.1
        """Seconds between the pieces of a stream that asks for no others."""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.address, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.open += 1
        try:
            return await self._serve(request)
        except (asyncio.CancelledError, ConnectionResetError):
            self.left += 1
            raise
        finally:
            self.open -= 1

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        size, body = 0, b""
        async for chunk in request.content.iter_any():
            size += len(chunk)
            body = (body + chunk)[:65536]
        seen = {"method": request.method, "path": request.raw_path, "headers": dict(request.headers), "size": size}
        self.seen.append(seen)
        if self.breaking and request.transport:
            request.transport.abort()
        if self.shutting_down:
            return web.json_response({"error": {"message": SHUTTING_DOWN, "type": "InternalServerError"}}, status=500)
        try:
            asked = json.loads(body) if request.content_type == "application/json" else {}
        except ValueError:
            asked = {}
        await asyncio.sleep(asked.get("delay", 0))
        if status := asked.get("status"):
            error = {"message": "the engine says no", "type": "engine", "param": "x", "code": "engine_code"}
            return web.json_response({"error": error}, status=status)
        if asked.get("stream"):
            return await self._stream(request, asked)
        message = {"role": "assistant", "content": f"hello from {self.name}"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": asked.get("model") or "tiny"}
        return web.json_response({**answer, "choices": [choice], "seen": seen, "engine": self.name, "text": "hello"})

    async def _stream(self, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for index in range(asked.get("chunks", 5)):
            if index:
                await asyncio.sleep(asked.get("pause", self.pause))
            choice = {"index": 0, "delta": {"content": f"{index} "}, "finish_reason": None}
            event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": [choice]}
            if asked.get("counted"):
                event["usage"] = {"prompt_tokens": 7, "completion_tokens": index + 1}
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response
