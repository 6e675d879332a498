"""`inferops meter`: the main container of a gateway pod, with Envoy as its sidecar. It brings what Envoy wrote into the
journal to the ledger, counts and prints it, and ends Envoy: Kubernetes ends a sidecar only after the main container,
which on SIGTERM waits until the last stream has ended, and until the ledger has all records.
"""

import asyncio
import logging
import os
import random
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import uvloop
from aiohttp import web

from inferops.cli.logs import configure_logging
from inferops.errors import SettingsError
from inferops.metering.envoy import Admin, drain
from inferops.metering.journal import Journal
from inferops.metering.ledger_client import build_ledger_client
from inferops.metering.metrics import CONTENT_TYPE, render_metrics
from inferops.metering.printing import Printing
from inferops.metering.shipping import Shipping
from inferops.metering.traffic import Traffic
from inferops.settings import Settings, read_settings

logger = logging.getLogger(__name__)

MEBIBYTE = 1 << 20
LAST_SECONDS = 5.0
"""For an Envoy that was told to end."""
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Options:
    """Of the command."""

    folder: Path
    admin_port: int
    metrics_port: int
    settle_seconds: float
    drain_seconds: float
    ship_seconds: float
    most_bytes: int


@click.command()
@click.option("--access-log", type=click.Path(path_type=Path), required=True, help="Folder of Envoy's journal.")
@click.option("--admin-port", default=9901, show_default=True, help="Of Envoy's admin interface, on loopback.")
@click.option("--metrics-port", default=9902, show_default=True, help="Of the metrics, on loopback.")
@click.option("--settle-seconds", default=5.0, show_default=True, help="Until nobody sends new connections any more.")
@click.option("--drain-seconds", default=600.0, show_default=True, help="Longest wait for open streams.")
@click.option(
    "--ship-seconds",
    default=30.0,
    show_default=True,
    help="Longest wait for the ledger after that; what the streams left of their time is added.",
)
@click.option("--most-mebibytes", default=1024, show_default=True, help="That the journal may hold for the ledger.")
def meter(
    access_log: Path, admin_port: int, metrics_port: int, settle_seconds: float, drain_seconds: float, **more: float
) -> None:
    """Bring what the Envoy of this pod journals to the ledger; on SIGTERM let it finish its streams, and end it."""
    try:
        settings = read_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    configure_logging(settings.log_level)
    most_bytes = int(more["most_mebibytes"]) * MEBIBYTE
    times = (settle_seconds, drain_seconds, more["ship_seconds"])
    uvloop.run(run(settings, Options(access_log, admin_port, metrics_port, *times, most_bytes)))


async def run(settings: Settings, options: Options) -> None:
    """Until a signal comes, Envoy has ended, and what it wrote is delivered."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    admin = Admin(options.admin_port)
    async with serve_metrics(admin, options.metrics_port), open_shipping(settings, options) as shipping:
        followed = Journal(options.folder, follow=shipping is not None)
        printing = Printing(followed, Traffic(), sys.stdout.fileno(), acknowledges=shipping is None)
        tasks = [asyncio.create_task(each.run()) for each in (printing, shipping) if each]
        logger.info("following the journal", extra={"ledger": settings.ledger_url})
        waiting = asyncio.create_task(ended.wait())
        await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()  # a fault of ours ends this process, not Envoy: Kubernetes starts it again
        begun = time.monotonic()
        await asyncio.to_thread(drain, admin, options.settle_seconds, options.drain_seconds)
        await asyncio.to_thread(wait_for_end, followed)
        await stop(tasks)
        spent = time.monotonic() - begun
        await asyncio.gather(printing.finish(), finish(shipping, options, spent) if shipping else asyncio.sleep(0))


def wait_for_end(journal: Journal) -> None:
    """Envoy writes its last lines as it ends."""
    deadline = time.monotonic() + LAST_SECONDS
    while journal.is_written() and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


async def finish(shipping: Shipping, options: Options, spent: float) -> None:
    """`spent`: seconds since the signal."""
    left = await shipping.finish(max(options.drain_seconds - spent, 0) + options.ship_seconds)
    logger.info("delivered", extra={"bytes_left": left})


async def stop(tasks: list[asyncio.Task[None]]) -> None:
    """End them; one that had a fault is told of."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            logger.error("a task had failed", extra={"error": repr(result)})


@asynccontextmanager
async def open_shipping(settings: Settings, options: Options) -> AsyncIterator[Shipping | None]:
    """None where there is no ledger."""
    if (client := build_ledger_client(settings)) is None:
        yield None
        return
    name = os.environ.get("POD_NAME") or socket.gethostname()
    async with client as ledger:
        yield Shipping(Journal(options.folder), ledger, name, options.most_bytes, random.SystemRandom())


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
