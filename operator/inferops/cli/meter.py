"""`inferops meter`: the main container of a gateway pod, with Envoy as its sidecar. It counts what Envoy logs, passes
the log on to standard output, and ends Envoy: Kubernetes ends a sidecar only after the main container, which on SIGTERM
waits until the last stream has ended.
"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
from aiohttp import web

from inferops.cli.logs import configure_logging
from inferops.metering.access_log import AccessLog
from inferops.metering.envoy import Admin, drain
from inferops.metering.metrics import CONTENT_TYPE, render_metrics
from inferops.metering.traffic import Traffic

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
"""Between looks into the log."""


@click.command()
@click.option("--access-log", type=click.Path(path_type=Path), required=True, help="File that Envoy writes.")
@click.option("--admin-port", default=9901, show_default=True, help="Of Envoy's admin interface, on loopback.")
@click.option("--metrics-port", default=9902, show_default=True, help="Of the metrics, on loopback.")
@click.option("--settle-seconds", default=5.0, show_default=True, help="Until nobody sends new connections any more.")
@click.option("--drain-seconds", default=600.0, show_default=True, help="Longest wait for open streams.")
def meter(access_log: Path, admin_port: int, metrics_port: int, settle_seconds: float, drain_seconds: float) -> None:
    """Count what the Envoy of this pod logs; on SIGTERM let it finish its streams, and end it."""
    configure_logging("INFO")
    admin = Admin(admin_port)
    with AccessLog(access_log, admin) as log:
        asyncio.run(run(log, admin, metrics_port, (settle_seconds, drain_seconds)))


async def run(log: AccessLog, admin: Admin, port: int, patience: tuple[float, float]) -> None:
    """Until a signal comes and Envoy has ended."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    traffic = Traffic()
    async with serve_metrics(admin, port):
        following = asyncio.create_task(follow(log, traffic))
        logger.info("following the log")
        waiting = asyncio.create_task(ended.wait())
        await asyncio.wait([following, waiting], return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()  # a fault of ours ends this process, not Envoy: Kubernetes starts it again
        await asyncio.to_thread(drain, admin, *patience)
        await asyncio.sleep(LOOK_SECONDS)  # Envoy writes its last lines as it ends
        following.cancel()
        pass_on(log, traffic)


async def follow(log: AccessLog, traffic: Traffic) -> None:
    """For ever."""
    while True:
        try:
            more = pass_on(log, traffic)
            log.rotate()
        except OSError as error:
            logger.warning("the access log cannot be followed", extra={"error": str(error)})
            more = False
        await asyncio.sleep(0 if more else LOOK_SECONDS)


def pass_on(log: AccessLog, traffic: Traffic) -> bool:
    """Whether there was something."""
    lines = log.read()
    sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()
    traffic.count(lines, time.monotonic())
    return bool(lines)


@asynccontextmanager
async def serve_metrics(admin: Admin, port: int) -> AsyncIterator[None]:
    """Ours and Envoy's, at /metrics on loopback: Envoy's health port leads there."""

    async def show(_: web.Request) -> web.Response:
        try:
            envoys = await asyncio.to_thread(admin.ask, "GET", "/stats/prometheus")
        except OSError:
            envoys = b""
        return web.Response(body=render_metrics() + envoys, headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()
