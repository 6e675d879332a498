"""Holds requests to instances without a ready replica, by Envoy's external authorization: a held request is one gRPC
call that control has not answered yet. Bodies never come here.

Source: envoy.service.auth.v3.Authorization
"""

import asyncio
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.service.auth.v3.external_auth_pb2 import CheckResponse, DeniedHttpResponse
from envoy.service.auth.v3.external_auth_pb2_grpc import AuthorizationServicer
from envoy.type.v3.http_status_pb2 import HttpStatus, ServiceUnavailable
from google.rpc.code_pb2 import UNAVAILABLE
from google.rpc.status_pb2 import Status

from inferops.control import metrics
from inferops.control.activity import Activity

RETRY_AFTER = "30"
AT_ONCE = "1"
"""Retry-After for those who chose a short wait: they come back to wait on."""
WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\b", re.IGNORECASE)
"""In the header Prefer (RFC 7240, section 4.3): how many seconds a client is ready to wait."""
GONE = "This instance does not exist any more."
TOO_MANY = "Too many requests are waiting for this instance to start. Retry later."
TOO_LATE = "The instance did not start in time. Retry later."
NO_ROOM = "The instance did not start in time: no node has room for it now. Retry later."


@dataclass
class Gate:
    """Where requests to one instance wait."""

    hold_timeout: float = 0.0
    held_requests: int = 0
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    verdict: str | None = None
    """Once decided: why all are refused; None: they may go on."""
    held: int = 0


class Activator(AuthorizationServicer):  # type: ignore[misc]
    """One gate for each instance. `is_cramped` says of an id whether no node takes a replica."""

    def __init__(self, activity: Activity, is_cramped: Callable[[str], bool]) -> None:
        self.gates: dict[str, Gate] = {}
        self._activity = activity
        self._is_cramped = is_cramped

    def set_limits(self, instance: str, hold_timeout: float, held_requests: int) -> None:
        """How long and how many may wait."""
        gate = self.gates.setdefault(instance, Gate())
        gate.hold_timeout, gate.held_requests = hold_timeout, held_requests

    def hold(self, instance: str) -> None:
        """Let all wait from now on."""
        self.gates[instance].decided.clear()

    def release(self, instance: str) -> None:
        """Let through all that wait and all that come."""
        self._decide(instance, None)

    def refuse(self, instance: str, why: str) -> None:
        """Send away all that wait and all that come."""
        self._decide(instance, why)

    def remove(self, instance: str) -> None:
        """The instance is gone."""
        if instance in self.gates:
            self._decide(instance, GONE)
            del self.gates[instance]

    def _decide(self, instance: str, verdict: str | None) -> None:
        gate = self.gates[instance]
        gate.verdict = verdict
        gate.decided.set()

    async def Check(self, request: Any, _context: Any) -> Any:
        """One request. Envoy cancels the call when its client leaves."""
        instance = request.attributes.context_extensions["instance"]
        gate = self.gates.get(instance)
        if gate is None:
            return answer(GONE)
        if gate.decided.is_set():
            return answer(gate.verdict)
        if gate.held >= gate.held_requests:
            metrics.HOLDS.labels("too_many").inc()
            return answer(TOO_MANY)
        return await self._wait(instance, gate, read_patience(request.attributes.request.http.headers))

    async def _wait(self, instance: str, gate: Gate, patience: float) -> Any:
        gate.held += 1
        metrics.show_held(instance, gate.held)
        self._activity.hold(instance, time.monotonic())
        end = "left"
        try:
            await asyncio.wait_for(gate.decided.wait(), min(gate.hold_timeout, patience))
            end = "refused" if gate.verdict else "released"
        except TimeoutError:
            end = "timeout"
            why = NO_ROOM if self._is_cramped(instance) else TOO_LATE
            return answer(why, AT_ONCE if patience < gate.hold_timeout else RETRY_AFTER)
        finally:
            gate.held -= 1
            metrics.show_held(instance, gate.held)
            self._activity.release(instance, time.monotonic())
            metrics.HOLDS.labels(end).inc()
        return answer(gate.verdict)


def read_patience(headers: Mapping[str, str]) -> float:
    """Seconds that the client is ready to wait; endless where it does not say."""
    wait = WAIT.search(headers.get("prefer", ""))
    return float(wait[1]) if wait else math.inf


def answer(refusal: str | None, retry_after: str = RETRY_AFTER) -> Any:
    """Go on, or 503 with Retry-After; the gateway makes an OpenAI error object of the sentence."""
    if refusal is None:
        return CheckResponse()
    retry = HeaderValueOption(header=HeaderValue(key="retry-after", value=retry_after))
    denied = DeniedHttpResponse(status=HttpStatus(code=ServiceUnavailable), headers=[retry], body=refusal)
    return CheckResponse(status=Status(code=UNAVAILABLE), denied_response=denied)
