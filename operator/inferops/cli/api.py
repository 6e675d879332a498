"""`inferops api`: the process that serves the REST API and the console."""

import os
from collections.abc import Mapping
from pathlib import Path

import click
import uvloop

from inferops.api.console import File, read_console
from inferops.api.process import ApiProcess
from inferops.cli.process import build_process_command
from inferops.cluster.connection import Connection
from inferops.errors import SettingsError
from inferops.settings import Settings

CONSOLE = "INFEROPS_CONSOLE"
"""Names the folder with the console's build; the image sets it."""


async def run(settings: Settings, connection: Connection, identity: str) -> bool:  # noqa: ARG001 - all replicas are alike
    """Until a signal comes."""
    return await ApiProcess(settings, connection, read_pages()).run()


def read_pages() -> Mapping[str, File]:
    """The console's, from the folder that the environment names; none without it."""
    folder = os.environ.get(CONSOLE)
    try:
        return read_console(Path(folder)) if folder else {}
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


api = build_process_command(
    "api",
    run,
    "Serve the REST API and the console: instances, registries and keys without kubectl.",
    loop_factory=uvloop.new_event_loop,
)
