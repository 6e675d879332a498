"""An engine whose every route is a websocket too: it greets, and says back what it hears."""

import json

from aiohttp import WSMsgType, web

from tests.gateway.engine import Engine


class RealtimeEngine(Engine):
    """`chooses`: the subprotocols that it knows."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0, *, chooses: tuple[str, ...] = ("realtime",)) -> None:
        super().__init__("realtime", address, port)
        self._chooses = chooses

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() != "websocket":
            return await super()._serve(request)
        self.seen.append({"method": request.method, "path": request.raw_path, "headers": dict(request.headers)})
        socket = web.WebSocketResponse(protocols=self._chooses, max_msg_size=0)
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "session.created"}))
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await socket.send_str(json.dumps({"type": "heard", "bytes": len(message.data)}))
            else:
                await socket.send_str(json.dumps({"type": "heard", "event": json.loads(message.data)}))
        return socket
