"""What the commands that run a process for ever have in common: settings, connection, logs, name, exit code."""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import click

from inferops.cli.logs import Style, configure_logging
from inferops.cluster.connection import Connection, read_connection
from inferops.errors import SettingsError
from inferops.settings import Settings, read_settings

Run = Callable[[Settings, Connection, str], Coroutine[Any, Any, bool]]
"""Runs the process until a signal comes; gets its name in the Lease. False: it should be started anew."""


def build_process_command(
    name: str, run: Run, text: str, *, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> click.Command:
    """`inferops NAME`; asyncio's own loop, or one of another make."""

    @click.command(name, help=text)
    @click.option("--context", help="Context of the kubeconfig; in a pod its service account is the default.")
    @click.option("--log-format", type=click.Choice(["json", "plain"]), help="Default: plain on a terminal, else json.")
    @click.option("--identity", help="Name of this replica in the Lease. Default: the host's, unique outside a pod.")
    def command(context: str | None, log_format: Style | None, identity: str | None) -> None:
        try:
            settings = read_settings()
            connection = read_connection(context)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None
        configure_logging(settings.log_level, log_format)
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            sys.exit(0 if runner.run(run(settings, connection, identity or choose_identity())) else 1)

    return command


def choose_identity() -> str:
    """A pod's name is its own, also after a restart of its container, so it goes on at once; elsewhere two processes
    may share a host.
    """
    host = socket.gethostname()
    return host if "KUBERNETES_SERVICE_HOST" in os.environ else f"{host}-{secrets.token_hex(4)}"
