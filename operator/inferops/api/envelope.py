"""What surrounds every request: its id, its log line, its bounds, and an answer whatever happens within."""

import logging
import re
import time
import traceback
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inferops.api import metrics
from inferops.api.problems import Refusal, build_response

logger = logging.getLogger(__name__)

REQUEST_ID = "x-request-id"
ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,128}")
LONGEST_BODY = 1024 * 1024
"""Bytes: less than etcd stores in an object."""


class Envelope:
    """ASGI middleware. It sees the app's answers and never a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or another thing that is none of ours."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await Exchange(scope, receive, send).run(self._app)


class Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID, "")
        self.id = given if ID_PATTERN.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = self.id
        self._scope, self._receive, self._send = scope, receive, send
        self._declared = headers.get("content-length", "")
        self._read, self._status = 0, 0
        self._begun = time.monotonic()

    async def run(self, app: ASGIApp) -> None:
        """Answer it."""
        try:
            if self._declared.isdigit() and int(self._declared) > LONGEST_BODY:
                await self._refuse(too_large())
            else:
                await app(self._scope, self._bounded, self._answer)
        except Refusal as refusal:
            await self._refuse(refusal)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, whatever it was
            # its text may hold what the caller sent, so only where it arose is told
            where = "".join(traceback.format_tb(error.__traceback__))
            logger.error("request failed", extra={"request": self.id, "error": type(error).__name__, "where": where})  # noqa: TRY400
            await self._refuse(Refusal(500, f"Something is wrong with the API itself; its log has it as {self.id}."))
        finally:
            self._tell()

    async def _bounded(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > LONGEST_BODY:
            raise too_large()
        return message

    async def _answer(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID] = self.id
        await self._send(message)

    async def _refuse(self, refusal: Refusal) -> None:
        if not self._status:
            response = build_response(Request(self._scope), refusal)
            await response(self._scope, self._receive, self._answer)

    def _tell(self) -> None:
        route = getattr(self._scope.get("route"), "path", "")
        seconds = time.monotonic() - self._begun
        metrics.REQUESTS.labels(self._scope["method"] if route else "", route, self._status).inc()
        metrics.SECONDS.labels(route).observe(seconds)
        fields = {
            "request": self.id,
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": self._status,
            "client": self._scope["state"].get("client", ""),
            "ms": round(seconds * 1000, 1),
        }
        logger.info("request", extra=fields)


def too_large() -> Refusal:
    """413."""
    return Refusal(413, f"The body is longer than {LONGEST_BODY} bytes.")
