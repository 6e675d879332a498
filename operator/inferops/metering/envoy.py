"""The Envoy of the same pod: its admin interface, and its end without the end of a stream.

Source: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/operations/draining
"""

import logging
import re
import time
from http.client import HTTPConnection, HTTPException

logger = logging.getLogger(__name__)

ACTIVE = "http.requests.downstream_rq_active"
"""Gauge of streams that clients wait for; all listeners for requests share it."""
LOOK_SECONDS = 0.1
"""Between looks: a request that begins between the last one and Envoy's end is lost."""
ASK_SECONDS = 5.0


class Admin:
    """Envoy's admin interface, https://www.envoyproxy.io/docs/envoy/latest/operations/admin."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, method: str, path: str) -> bytes:
        """The answer's body. Raises OSError where Envoy does not answer."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=ASK_SECONDS)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        except HTTPException as error:
            raise ConnectionError(repr(error)) from None
        finally:
            connection.close()

    def count_streams(self) -> int:
        """Streams that are open. Raises OSError."""
        found = re.search(rb": (\d+)", self.ask("GET", f"/stats?filter=^{ACTIVE}$"))
        return int(found.group(1)) if found else 0


def drain(admin: Admin, settle_seconds: float, drain_seconds: float) -> None:
    """End Envoy once nobody waits for it: it is no longer ready, and every answer asks its client to connect anew
    (`connection: close`, GOAWAY); at least `settle_seconds`, in which others hear of it, and at most `drain_seconds`.
    Returns when Envoy is told to end, or has ended by itself.
    """
    begun = time.monotonic()
    try:
        admin.ask("POST", "/healthcheck/fail")
        open_streams = admin.count_streams()
        logger.info("draining", extra={"streams": open_streams})
        while (waited := time.monotonic() - begun) < drain_seconds:
            open_streams = admin.count_streams()
            if waited >= settle_seconds and not open_streams:
                break
            time.sleep(LOOK_SECONDS)
        logger.info("drained", extra={"cut": open_streams, "seconds": round(waited, 1)})
        admin.ask("POST", "/quitquitquit")
    except OSError as error:
        logger.warning("Envoy does not answer", extra={"error": str(error)})
