"""`inferops gateway-drain`: ends a gateway pod without ending a stream.

It is the pod's main container, and Envoy its sidecar: Kubernetes ends Envoy only after this process. On SIGTERM Envoy
is told to leave: it is no longer ready, and every answer asks its client to connect anew (`connection: close`, GOAWAY).
This process waits until the last stream has ended, then ends Envoy and itself.

Source: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/operations/draining
"""

import logging
import re
import signal
import time
from http.client import HTTPConnection, HTTPException

import click

from inferops.cli.logs import configure_logging

logger = logging.getLogger(__name__)

ACTIVE = "http.requests.downstream_rq_active"
"""Gauge of streams that clients wait for; all listeners for requests share it."""
LOOK_SECONDS = 0.1
"""Between looks: a request that begins between the last one and Envoy's end is lost."""
ASK_SECONDS = 5.0


@click.command()
@click.option("--admin-port", default=9901, show_default=True, help="Of Envoy's admin interface, on loopback.")
@click.option("--settle-seconds", default=5.0, show_default=True, help="Until nobody sends new connections any more.")
@click.option("--drain-seconds", default=600.0, show_default=True, help="Longest wait for open streams.")
def gateway_drain(admin_port: int, settle_seconds: float, drain_seconds: float) -> None:
    """Wait for SIGTERM, then let the Envoy of this pod finish its streams, and end it."""
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    configure_logging("INFO")
    logger.info("waiting for the end of the pod")
    signal.sigwait(signals)
    drain(Admin(admin_port), settle_seconds, drain_seconds)


class Admin:
    """Envoy's admin interface, https://www.envoyproxy.io/docs/envoy/latest/operations/admin."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, method: str, path: str) -> str:
        """The answer's text. Raises OSError where Envoy does not answer."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=ASK_SECONDS)
        try:
            connection.request(method, path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def count_streams(self) -> int:
        """Streams that are open."""
        found = re.search(r": (\d+)", self.ask("GET", f"/stats?filter=^{ACTIVE}$"))
        return int(found.group(1)) if found else 0


def drain(admin: Admin, settle_seconds: float, drain_seconds: float) -> None:
    """Returns when Envoy is told to end, or has ended by itself."""
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
    except (OSError, HTTPException) as error:  # it has ended by itself
        logger.warning("Envoy does not answer", extra={"error": str(error)})
