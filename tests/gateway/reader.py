"""A client that waits with heartbeats, and what it has heard so far."""

from typing import Any, Self

import httpx

from inferops.names import instance_id
from tests.gateway.engine import Engine
from tests.gateway.gateway import CHAT, Gateway
from tests.gateway.objects import NAMESPACE, endpoint_slice

ASK = {"prefer": "heartbeat=1"}
BODY = {"model": "sleepy", "stream": True, "chunks": 3}
COMMENT = ": waiting\n\n"


class Reader:
    """One request, and what it has heard so far."""

    def __init__(self) -> None:
        self.status = 0
        self.headers = httpx.Headers()
        self.text = ""

    @property
    def comments(self) -> int:
        return self.text.count(COMMENT)

    async def ask(self, client: httpx.AsyncClient, path: str = CHAT, **body: Any) -> Self:
        async with client.stream("POST", path, json={**BODY, **body}) as answer:
            self.status, self.headers = answer.status_code, answer.headers
            async for text in answer.aiter_text():
                self.text += text
        return self


def held(gateway: Gateway, name: str = "cold") -> int:
    return gateway.plane.activator.gates[instance_id(NAMESPACE, name)].held


def wake(gateway: Gateway, engine: Engine, name: str = "cold") -> None:
    gateway.put(endpoint_slice(name, (engine.address, engine.port, True)))
