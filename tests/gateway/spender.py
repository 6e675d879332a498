"""An engine whose answers use as many tokens as a request says, behind an instance of the gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiohttp import web

from tests.gateway.gateway import CHAT, Gateway
from tests.gateway.objects import endpoint_slice


class Spender:
    """Notes what it used, also of answers that broke off."""

    def __init__(self) -> None:
        self.used = 0
        """Tokens, prompt and completion."""
        self.requests = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """`use`: tokens of prompt and completion; `delay`: seconds; `stream`: a token for each event."""
        asked = await request.json()
        self.requests += 1
        prompt, completion = asked.get("use", (10, 90))
        await asyncio.sleep(asked.get("delay", 0))
        if asked.get("silent"):
            return web.json_response({"choices": []})
        if not asked.get("stream"):
            self.used += prompt + completion
            return web.json_response({"usage": build_usage(prompt, completion)})
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        self.used += prompt
        for written in range(1, completion + 1):
            self.used += 1
            event = {"choices": [{"delta": {"content": "a"}}], "usage": build_usage(prompt, written)}
            await response.write(f"data: {json.dumps(event)}\n\n".encode())
            await asyncio.sleep(0.01)
        return response


def build_usage(prompt: int, completion: int) -> dict[str, int]:
    """As engines write it."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


@asynccontextmanager
async def spending(gateway: Gateway, name: str = "warm") -> AsyncIterator[Spender]:
    """The engine behind an instance."""
    spender, app = Spender(), web.Application()
    app.router.add_post("/{path:.*}", spender.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        gateway.put(endpoint_slice(name, ("127.0.0.1", runner.addresses[0][1], True)))
        await asyncio.sleep(0.3)
        yield spender
    finally:
        await runner.cleanup()


async def ask(client: httpx.AsyncClient, prompt: int = 10, completion: int = 90, **more: Any) -> httpx.Response:
    """One request that says the most that its answer may have."""
    asked = {"model": "Tiny/Chat-1", "max_tokens": completion, "use": [prompt, completion], **more}
    return await client.post(CHAT, json=asked)
